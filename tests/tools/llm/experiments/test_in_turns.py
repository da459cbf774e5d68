"""An experiment in turns: real requests to the lab, arms by lot, and what was sent written down."""

import asyncio
from dataclasses import replace
from hashlib import sha256

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from salesboost.lab import Reply, ToolUse
from tests.ports import free_port
from tests.tools.llm.experiments.rows import a_run, known, prompt_of
from tests.tools.llm.models import asked, deployment, question, weather
from tests.tools.llm.prompt_rows import CUSTOMER, a_draft, a_prompt, plain_draft
from tools.llm.calling import ModelClient
from tools.llm.experiments import choosing, exposing, live, planning, running
from tools.llm.experiments.models import Exposure, Run
from tools.llm.experiments.units import Units, hash_of
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import Draft, write
from tools.llm.routing import Entry, Route
from tools.llm.turns import Turns
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Prompted, Words

pytestmark = pytest.mark.django_db
ACME = {"customer": "Acme"}
GREETING = Prompted("greeting", variables=ACME)
TEXTS = {"as-is": "Number 1: Acme, nothing", "shorter": "Number 2: Acme, nothing"}
SESSIONS = [f"chat-{number}" for number in range(6)]


@pytest.fixture
def talk(lab, make_executor, recorded):
    """``talk("chat-1", "chat-2", telling=…)``: a turn in each, on an event loop of its own."""

    async def turns(sessions, telling, where, about):
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(recorded))
        http = httpx.AsyncClient()
        client = ModelClient(http, tracer=provider.get_tracer("test"))
        made = Turns(client, make_executor(weather), tracer=provider.get_tracer("test"))
        for session in sessions:
            asking = question(asked(), telling=telling, tools=(weather,))
            await made.execute(where, asking, session_id=session, **about)
        await client.aclose()

    def talked(*sessions, telling=GREETING, where=None, **about):
        where = where or deployment(lab, "openai chat")
        with known():
            asyncio.run(turns(sessions, telling, where, about))
        exposing.write_down()

    return talked


def arms():
    return dict(Exposure.objects.values_list("unit", "arm__label"))


def chats(recorded):
    return [span.attributes for span in recorded.get_finished_spans() if span.name.startswith("chat")]


def test_each_conversation_is_told_what_its_arm_says_and_that_is_written_down(talk, recorded):
    run = a_run()
    talk(*SESSIONS)
    given = arms()
    assert set(given) == {hash_of(session) for session in SESSIONS} and set(given.values()) == set(TEXTS)
    for row in Exposure.objects.select_related("arm__version"):
        assert row.sha256 == sha256(TEXTS[row.arm.label].encode()).hexdigest()
        assert row.version == str(row.arm.version)
        assert row.model == "openai/gpt-5.2"
        assert not (row.mixed or row.late or row.failed_over or row.wrong_text)
    for said in chats(recorded):
        arm = given[hash_of(said["gen_ai.conversation.id"])]
        assert said["salesboost.experiment.arm"] == arm
        assert said["salesboost.experiment.name"] == "shorter-greeting"
        assert said["salesboost.experiment.run"] == str(run)
        assert said["salesboost.prompt.sha256"] == sha256(TEXTS[arm].encode()).hexdigest()


def test_a_conversation_keeps_its_arm_and_is_written_down_once(talk, recorded):
    a_run()
    talk(SESSIONS[0])
    talk(SESSIONS[0], SESSIONS[0])
    assert Exposure.objects.count() == 1 and Exposure.objects.get().sessions.count() == 1
    assert len({said["salesboost.experiment.arm"] for said in chats(recorded)}) == 1


def test_who_is_in_no_experiment_gets_what_the_label_says(talk, recorded):
    prompt = a_prompt(production=1, staging=2)
    a_run(prompt=prompt, starts=False)
    talk(SESSIONS[0])
    run = Run.objects.get()
    running.start(run, by="ann", reason="to know")
    talk(SESSIONS[1], telling=Prompted("greeting", label="staging", variables=ACME))
    talk("")
    running.stop(run, by="ann", reason="enough")
    talk(SESSIONS[2])
    assert not Exposure.objects.exists()
    assert not any("salesboost.experiment.arm" in said for said in chats(recorded))


def test_a_label_that_moves_amid_a_run_changes_nothing_in_it(talk, lab):
    run = a_run()
    talk(*SESSIONS)
    before = arms()
    label = prompt_of(run).labels.get(name="production")
    write(prompt_of(run), a_draft("Number 3: {{customer}}, {{notes}}"), "ann")
    move(label, prompt_of(run).versions.get(number=3), by="ann", reason="better")
    talk(*SESSIONS)
    assert arms() == before and not Exposure.objects.filter(mixed=True).exists()
    assert not any("Number 3" in request.system for request in lab.requests)
    running.stop(run, by="ann", reason="enough")
    talk("another")
    assert lab.requests[-1].system == "Number 3: Acme, nothing"


def test_another_text_begins_a_new_run(talk):
    run = a_run()
    talk(*SESSIONS)
    running.stop(run, by="ann", reason="another text")
    write(prompt_of(run), a_draft("Number 3: {{customer}}, {{notes}}"), "ann")
    plan = planning.plan_of(run)
    shorter, third = plan.arms[1], prompt_of(run).versions.first().number
    again = planning.draft(
        run.experiment, replace(plan, arms=(plan.arms[0], replace(shorter, value=third))), by="ann"
    )
    running.start(again, by="ann", reason="to know")
    talk(*SESSIONS, "new")
    assert (again.number, again.exposures.count(), run.exposures.count()) == (2, 7, 6)


class Instead:
    """What somebody wraps around a prompt: the split is recorded, and all are told the same."""

    key = "greeting@1"
    prompts = ()

    def __init__(self, telling):
        self.telling = telling

    def __call__(self, deployment, rung):
        return replace(self.telling(deployment, rung), system=TEXTS["as-is"])

    def of(self, units):
        return Instead(self.telling.of(units))


def test_a_split_that_was_recorded_while_all_were_told_the_same_is_marked(talk):
    a_run()
    talk(*SESSIONS, telling=Instead(GREETING))
    marked = dict(Exposure.objects.values_list("arm__label", "wrong_text").distinct())
    assert marked == {"as-is": False, "shorter": True}
    sent = set(Exposure.objects.values_list("sha256", flat=True))
    assert sent == {sha256(TEXTS["as-is"].encode()).hexdigest()}


def test_a_unit_that_failed_over_keeps_its_arm_and_is_marked(talk, lab):
    a_run()
    first, second = deployment(lab, "groq"), deployment(lab, "xai")
    route = Route(name="chat", entries=(Entry(deployment=first), Entry(deployment=second, rank=1)))
    lab.fail("overloaded", vendor="groq")
    talk(SESSIONS[0], where=route)
    row = Exposure.objects.get()
    assert row.failed_over and not row.mixed and not row.wrong_text


def test_the_ladder_rests_for_units_of_an_experiment(talk, lab, recorded):
    wrong = Reply(calls=[ToolUse("weather", {"town": "Rome"})])
    prompt = Prompt.objects.create(name="greeting", purpose="Greets.")
    for number in (1, 2):
        texts = {Rung.DETAILED: f"Number {number}: {{{{customer}}}}", Rung.SIMPLE: f"{number}. {{{{customer}}}}"}
        variants = {(Family.DETAILED, rung): text for rung, text in texts.items()}
        write(prompt, Draft(variants=variants, variables=(CUSTOMER,)), "ann")
    move(prompt.labels.get(name="production"), prompt.versions.get(number=1), by="ann", reason="first")
    lab.say(wrong)
    talk(SESSIONS[0])
    assert lab.requests[-1].system == "1. Acme"
    a_run(prompt=prompt)
    lab.say(wrong)
    talk(SESSIONS[0])
    assert lab.requests[-1].system in ("Number 1: Acme", "Number 2: Acme")
    assert [said["salesboost.route.rung"] for said in chats(recorded)][-2:] == ["detailed", "detailed"]
    assert not Exposure.objects.get().wrong_text


def test_what_nobody_received_exposes_nobody(talk, lab):
    a_run()
    with pytest.raises(Exception, match=r"reach|connect"):
        talk(
            SESSIONS[0], where=replace(deployment(lab, "openai chat"), base_url=f"http://127.0.0.1:{free_port()}")
        )
    assert not Exposure.objects.exists()


def test_a_tools_description_is_a_prompt_like_any(talk, lab):
    prompt = Prompt.objects.create(name="tool-weather", purpose="Describes the weather.")
    for text in ("Tells the weather.", "Says how warm it is."):
        write(prompt, plain_draft(text), "ann")
    move(prompt.labels.get(name="production"), prompt.versions.get(number=1), by="ann", reason="first")
    a_run("warmer", prompt)
    talk(*SESSIONS, telling=Described(Words("Be brief."), (weather,)))
    sent = {sha256(text.encode()).hexdigest() for text in ("Tells the weather.", "Says how warm it is.")}
    assert set(Exposure.objects.values_list("sha256", flat=True)) == sent
    assert not Exposure.objects.filter(wrong_text=True).exists() and len(arms()) == 6


def test_a_user_is_one_unit_in_all_conversations(talk):
    a_run(unit="user")
    talk(*SESSIONS, caller_id="ann", sender="key app")
    talk("nobody's")
    row = Exposure.objects.get()
    assert row.unit == hash_of("key app/ann")
    assert set(row.sessions.values_list("session_id", flat=True)) == set(SESSIONS)


def test_the_choice_makes_no_query(django_assert_num_queries):
    a_run()
    with known(), django_assert_num_queries(0):
        for session in SESSIONS:
            assert choosing.rendered("greeting", model="gpt-5.2", units=Units(session), variables=ACME)[1]


def test_a_second_reads_what_runs_in_one_query_and_versions_once(django_assert_num_queries):
    a_run()
    known_versions = live.read_snapshot({}).versions
    with django_assert_num_queries(1):
        live.read_snapshot(known_versions)
    with django_assert_num_queries(3):
        live.read_snapshot({})
