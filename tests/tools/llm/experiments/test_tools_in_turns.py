"""Experiments with tools in turns: of those that are compared a conversation is offered one."""

from hashlib import sha256

import pytest
from django.utils import timezone

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.experiments.subject_rows import (
    SESSIONS,
    a_deployment,
    a_subject_run,
    converse,
    executor_here,
    warmth,
)
from tests.tools.llm.models import sms, weather
from tests.tools.llm.prompt_rows import plain_draft
from tools.decisions import live as decided
from tools.definition.decorators import tool
from tools.llm.experiments import judge, running
from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.kinds import digest, of_tool
from tools.llm.experiments.models import Exposure, Run
from tools.llm.experiments.units import hash_of
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import write
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Words
from tools.state.base import BreakerState

pytestmark = pytest.mark.django_db
__all__ = ["converse", "executor_here"]
ALL = (weather, warmth, sms)
ASKED = {"route": "sol", "executor_of": ALL, "tools": (weather, sms)}


@pytest.fixture
def run(lab, executor_here):
    """``weather`` against ``warmth``, in the place of the first."""
    executor_here(*ALL)
    a_deployment(lab, "sol")
    return a_subject_run("tool", "weather", "weather", "warmth")


def arms():
    return dict(Exposure.objects.values_list("unit", "arm__value"))


def names(request):
    """The tools in a request, as the vendor read them."""
    return [each["function"]["name"] for each in request.body["tools"]]


def first_requests(lab, converse, **about):
    """The first request of each session's turn."""
    found = {}
    for session in SESSIONS:
        before = len(lab.requests)
        converse(session, **ASKED | about)
        found[session] = lab.requests[before]
    return found


def test_a_conversation_that_offers_the_subject_is_offered_its_arm_instead(run, lab, converse):
    requests, given = first_requests(lab, converse), arms()
    assert set(given.values()) == {"weather", "warmth"} and len(given) == 6
    for session, request in requests.items():
        assert names(request) == [given[hash_of(session)], "sms"]
    for row in Exposure.objects.select_related("arm"):
        assert row.sha256 == row.arm.sha256 and row.version == row.arm.value
        assert not (row.wrong_text or row.failed_over or row.mixed)
    assert run.arms.get(value="warmth").sha256 == digest(of_tool(warmth.definition()))


def test_the_arms_tool_is_called_and_stays_through_the_conversation(run, lab, converse):
    session = next(each for each in SESSIONS if given_alone(run, each) == "warmth")
    lab.say(Reply(calls=[ToolUse("warmth", {"city": "Rome"})]), Reply(text="Four degrees."))
    for _ in range(3):
        converse(session, **ASKED)
    assert {tuple(names(request)) for request in lab.requests} == {("warmth", "sms")}
    assert Exposure.objects.get().arm.value == "warmth"


def given_alone(run, session):
    """The arm of *session*, by the lot."""
    from tools.llm.experiments import live
    from tools.llm.experiments.assignment import assigned

    (running_one,) = live.read_snapshot({}).runs.values()
    arm = assigned(running_one, session)
    assert arm is not None
    return arm.value


def test_who_offers_both_is_offered_one_and_who_must_call_one_calls_the_arms(run, lab, converse):
    requests, given = first_requests(lab, converse, tools=(weather, warmth, sms), choice="weather"), arms()
    for session, request in requests.items():
        arm = given[hash_of(session)]
        assert names(request) == [arm, "sms"] and request.body["tool_choice"]["function"]["name"] == arm


def test_who_does_not_offer_the_subject_is_in_nothing(run, lab, converse):
    converse(*SESSIONS, **ASKED | {"tools": (warmth, sms)})
    assert {tuple(names(request)) for request in lab.requests} == {("warmth", "sms")}
    assert not Exposure.objects.exists()


@pytest.mark.parametrize("edits", [{"enabled": False}, {"roles": frozenset({"boss"})}, {"breaker_hold": "open"}])
def test_a_tool_that_may_not_be_called_falls_back_to_the_subject_and_is_marked(run, lab, converse, edits):
    with decided.pinned(decided.Snapshot(edits={"warmth": edits})):
        converse(*SESSIONS, **ASKED, request={"caller_role": "coach"})
    falls_back(lab)


def test_a_tool_that_rests_falls_back_to_the_subject_and_is_marked(run, lab, converse, state, monkeypatch):
    resting = {"warmth": BreakerState.OPEN}
    monkeypatch.setattr(state, "breaker_state", lambda name: resting.get(name, BreakerState.CLOSED))
    converse(*SESSIONS, **ASKED)
    falls_back(lab)


def test_a_tool_that_is_gone_falls_back_to_the_subject_and_is_marked(run, lab, converse):
    converse(*SESSIONS, **ASKED | {"executor_of": (weather, sms)})
    falls_back(lab)


def falls_back(lab):
    assert {tuple(names(request)) for request in lab.requests} == {("weather", "sms")}
    marks = dict(Exposure.objects.values_list("arm__value", "failed_over").distinct())
    assert marks == {"weather": False, "warmth": True}
    assert set(Exposure.objects.values_list("sha256", flat=True)) == {digest(of_tool(weather.definition()))}
    assert not Exposure.objects.filter(wrong_text=True).exists()


@tool(name="warmth", description="Says how warm it is in a city.")
def other_warmth(city: str, unit: str = "C") -> dict[str, int]:
    return {"degrees": len(city)}


def test_a_schema_that_changes_in_mid_run_ends_it(run, lab, converse):
    converse(*SESSIONS, **ASKED | {"executor_of": (weather, other_warmth, sms)})
    assert set(Exposure.objects.filter(wrong_text=True).values_list("arm__value", flat=True)) == {"warmth"}
    judge.look(run, timezone.now())
    assert Run.objects.get().state == "stopped"


def test_a_description_that_an_admin_edits_in_mid_run_ends_it(run, lab, converse):
    with decided.pinned(decided.Snapshot(edits={"warmth": {"description": "Warm?"}})):
        converse(*SESSIONS, **ASKED)
    assert set(Exposure.objects.filter(wrong_text=True).values_list("arm__value", flat=True)) == {"warmth"}


def test_what_admins_have_written_of_the_arms_tool_is_told_and_hashed(lab, converse, executor_here):
    executor_here(*ALL)
    a_deployment(lab, "sol")
    prompt = Prompt.objects.create(name="tool-warmth", purpose="Describes it.")
    move(
        prompt.labels.get(name="production"), write(prompt, plain_draft("Warm?"), "ann"), by="ann", reason="first"
    )
    a_subject_run("tool", "weather", "weather", "warmth")
    converse(*SESSIONS, **ASKED, telling=Described(Words("Be brief."), (weather, sms)))
    offered = [each["function"] for request in lab.requests for each in request.body["tools"]]
    assert {each["description"] for each in offered if each["name"] == "warmth"} == {"Warm?"}
    sent = of_tool(warmth.definition("Warm?"))
    row = Exposure.objects.filter(arm__value="warmth").first()
    assert row.sha256 == sha256(sent.encode()).hexdigest() and not row.wrong_text


def test_a_winner_goes_live_where_tools_are_offered_and_not_from_here(run):
    with pytest.raises(ExperimentError, match="have it offer warmth in place of weather, then stop the run"):
        running.promote(run, run.arms.get(value="warmth"), by="ann", reason="it is better")
    assert Run.objects.get().state == "running"
    with pytest.raises(BadPlan, match="No winner goes live by itself here"):
        a_subject_run("tool", "weather", "weather", "sms", name="other", promotes_winner=True)
