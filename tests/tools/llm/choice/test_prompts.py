"""What prompts say is chosen, and a conversation stays with it: real requests to the lab."""

import asyncio
from contextlib import ExitStack, contextmanager

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.experiments.rows import a_run, known
from tests.tools.llm.models import asked, deployment, question, weather
from tests.tools.llm.prompt_rows import a_draft, a_prompt, plain_draft
from tools.llm.adapters.errors import ModelError
from tools.llm.calling import ModelClient
from tools.llm.choice import groups, picking
from tools.llm.experiments import exposing
from tools.llm.experiments.models import Exposure
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import Draft, write
from tools.llm.transcript.stored import read, written
from tools.llm.turns import Turns
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Prompted, Words
from tools.selection import live
from tools.selection.group import Group
from tools.selection.members import stored_as_closed
from tools.selection.models import LoggedDecision

ACME = {"customer": "Acme"}
GREETING = Prompted("greeting", variables=ACME)
BOTH = ("greeting@1", "greeting@2")
WRONG = Reply(calls=[ToolUse("weather", {"town": "Rome"})])


@contextmanager
def chosen_from(*groups):
    """What a process knows that has just read all."""
    with ExitStack() as stack:
        stack.enter_context(live.pinned({group.name: group for group in groups}))
        stack.enter_context(known())
        stack.enter_context(picking.pinned(picking._live.read()))
        yield


def group(*members, name="greetings", **about):
    return Group(name=name, members=members or BOTH, kind="prompt", policy="thompson", **about)


@pytest.fixture
def talk(lab, make_selector, make_executor, recorded):
    """``talk("chat-1", telling=…)``: what the turn came to, in a process of its own."""
    selector = make_selector()

    async def had(asking, where, session, by):
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(recorded))
        client = ModelClient(tracer=provider.get_tracer("test"))
        turns = Turns(client, make_executor(weather), selector=by, tracer=provider.get_tracer("test"))
        try:
            return await turns.execute(where, asking, session_id=session)
        finally:
            await client.aclose()
            await by.flush()

    def said(session="", telling=GREETING, transcript=None, by=selector, name="openai chat"):
        asking = question(transcript or asked(), telling=telling, tools=(weather,))
        return asyncio.run(had(asking, deployment(lab, name), session, by))

    return said


def told(lab):
    """The instructions of each request, without what they were filled with."""
    return [request.system.partition(":")[0] for request in lab.requests]


def around(recorded):
    """What the last turn's span says of choice."""
    span = [span for span in recorded.get_finished_spans() if span.name.startswith("invoke_agent")][-1]
    return {name.rpartition(".")[2]: value for name, value in span.attributes.items() if ".selection." in name}


def test_a_conversation_is_told_what_was_chosen_and_its_span_says_why(talk, lab, recorded):
    a_prompt(production=1)
    with chosen_from(group()):
        talk("chat-1")
    row = LoggedDecision.objects.get()
    assert set(told(lab)) == {f"Number {row.member[-1]}"} and row.success is True
    assert around(recorded) == {
        "group": "greetings",
        "policy": "thompson",
        "reason": row.reason,
        "decision_id": str(row.pk),
        "propensity": row.propensity,
    }
    assert row.probabilities == pytest.approx(dict.fromkeys(BOTH, 0.5), abs=1e-6)


def test_it_stays_with_that_in_whatever_process_and_others_are_told_other_things(talk, lab, make_selector):
    a_prompt(production=1)
    other = make_selector(2)
    with chosen_from(group()):
        first = talk("chat-1")
        kept = read(written(first.transcript))
        for _ in range(5):
            kept = read(written(talk("chat-1", transcript=kept.ask("And in Rome?"), by=other).transcript))
        assert len(set(told(lab))) == 1 and LoggedDecision.objects.count() == 1
        for number in range(8):
            talk(f"chat-{number + 2}")
    assert set(told(lab)) == {"Number 1", "Number 2"} and LoggedDecision.objects.count() == 9


def test_a_wrong_call_is_a_failure_of_the_words_and_a_vendor_that_is_down_is_none(talk, lab):
    a_prompt(production=1)
    with chosen_from(group()):
        lab.say(WRONG)
        talk()
        lab.fail("overloaded")
        with pytest.raises(ModelError):
            talk()
    assert sorted(str(success) for success in LoggedDecision.objects.values_list("success", flat=True)) == [
        "False",
        "None",
    ]


def test_an_experiment_with_the_prompt_comes_first_and_the_choice_rests(talk, lab, recorded):
    run = a_run(prompt=a_prompt(versions=3, production=1))
    with chosen_from(group("greeting@3", "greeting@1")):
        talk("chat-1")
        talk("")  # who is in no experiment is told what is in production
    exposing.write_down()
    assert Exposure.objects.get().run == run and not LoggedDecision.objects.exists()
    assert "Number 3" not in told(lab) and told(lab)[-1] == "Number 1" and around(recorded) == {}


def test_who_asks_for_another_label_is_told_that(talk, lab):
    a_prompt(production=1, staging=2)
    with chosen_from(group("greeting@1")):
        talk(telling=Prompted("greeting", label="staging", variables=ACME))
    assert set(told(lab)) == {"Number 2"} and not LoggedDecision.objects.exists()


def test_what_there_is_not_is_left_out_and_where_nothing_is_left_the_label_holds(talk, lab):
    a_prompt(production=2)
    with chosen_from(group("greeting@1", "greeting@7", "greeting/brief/minimal", "greeting@x")):
        talk()
    row = LoggedDecision.objects.get()
    assert row.member == "greeting@1" and row.propensity == 1.0
    assert "greeting@7 (there is none of this name), greeting/brief/minimal" in row.reason
    with chosen_from(group("greeting@7")):
        talk()
    assert told(lab)[-1] == "Number 2" and LoggedDecision.objects.count() == 1


def test_a_variant_is_told_to_every_model_and_at_any_rung(talk, lab, recorded):
    prompt = Prompt.objects.create(name="greeting", purpose="Greets.")
    keys = ((Family.DETAILED, Rung.DETAILED), (Family.DETAILED, Rung.SIMPLE), (Family.BRIEF, Rung.DETAILED))
    write(prompt, Draft(variants={key: f"{key[0].value}/{key[1].value}" for key in keys}), "ann")
    move(prompt.labels.get(name="production"), prompt.versions.get(), by="ann", reason="first")
    with chosen_from(group("greeting/detailed/simple")):
        for name in ("openai chat", "gemini"):
            lab.say(WRONG)
            talk(telling=Prompted("greeting"), name=name)
    assert {request.system for request in lab.requests} == {"detailed/simple"}
    assert LoggedDecision.objects.count() == 2


def test_the_ladder_goes_on_below_a_version_that_was_chosen(talk, lab):
    prompt = a_prompt(production=2)
    variants = {
        (Family.DETAILED, rung): f"{rung.value}: {{{{customer}}}}" for rung in (Rung.DETAILED, Rung.SIMPLE)
    }
    write(prompt, a_draft(variants=variants, variables=prompt.versions.first().declared()[:1]), "ann")
    lab.say(WRONG)
    with chosen_from(group("greeting@3")):
        talk("chat-1")
    assert told(lab) == ["detailed", "simple"]


def test_what_is_said_of_tools_is_chosen_like_any_prompt(talk, lab, recorded):
    a_prompt(production=1)
    prompt = Prompt.objects.create(name="tool-weather", purpose="Describes the weather.")
    for text in ("Tells the weather.", "Says how warm it is."):
        write(prompt, plain_draft(text), "ann")
    move(prompt.labels.get(name="production"), prompt.versions.get(number=1), by="ann", reason="first")
    words = group("tool-weather@1", "tool-weather@2", name="weather words")
    with chosen_from(group(), words):
        talk(telling=Described(GREETING, (weather,)))
        rows = {row.group: row for row in LoggedDecision.objects.all()}
        said = around(recorded)
        assert said["group"] == "greetings, weather words" and said["propensity"] == pytest.approx(0.25)
        assert said["decision_id"] == f"{rows['greetings'].pk}, {rows['weather words'].pk}"
        described = {"tool-weather@1": "Tells the weather.", "tool-weather@2": "Says how warm it is."}
        assert described[rows["weather words"].member] in str(lab.requests[0].body)
        talk(telling=Words("Be brief."))
    assert LoggedDecision.objects.count() == 2


@pytest.mark.django_db
def test_versions_are_read_once(django_assert_num_queries):
    a_prompt(versions=3, production=1)
    with live.pinned({"greetings": group("greeting@1", "greeting@3", "greeting/detailed/detailed")}):
        knows = picking.Picking()
        with django_assert_num_queries(2):
            knows.snapshot = knows.read()
        with django_assert_num_queries(0):
            assert set(knows.read()) == {"greeting@1", "greeting@3"}


@pytest.mark.django_db
def test_what_of_a_prompt_there_is(django_assert_num_queries):
    a_prompt()
    members = (
        "greeting@1",
        "greeting@01",
        "greeting@9",
        "greeting/brief/simple",
        "greeting/brief/minimal",
        "none@1",
    )
    with django_assert_num_queries(2):
        closed = dict(stored_as_closed("prompt", members))
    assert set(closed) == {"greeting@01", "greeting@9", "greeting/brief/minimal", "none@1"}
    with django_assert_num_queries(1):
        assert stored_as_closed("prompt", ("greeting@1",)) == ()


@pytest.mark.parametrize(
    ("member", "read"),
    [
        ("a@3", groups.Named("a", 3)),
        ("a/brief/simple", groups.Named("a", key=(Family.BRIEF, Rung.SIMPLE))),
        ("a", None),
        ("a@", None),
        ("a@²", None),
        ("a/b/c", None),
        ("a/brief", None),
    ],
)
def test_how_members_are_named(member, read):
    assert groups.read(member) == read
