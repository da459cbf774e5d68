"""Cases out of recorded calls: the conversation, the calls that came true, and what is left out."""

import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telemetry.health import recorded_calls
from telemetry.health.recorded_calls import Called, Chat
from telemetry.models import SpanPayload
from telemetry.redaction import redact
from telemetry.semconv import Outcome
from telemetry.spans.rows import row_from_readable_span
from telemetry.store.batches import write_spans
from tests.tools.llm.evolution.optimising.conftest import TEXT, messages, words_of
from tests.tools.llm.models import deployment
from tools.catalog.pricing import seed as pricing
from tools.definition.registry import build_default_registry
from tools.llm.evaluation.grading import Did, Made, grade
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.optimising import gathering, splitting, starting
from tools.llm.evolution.optimising.cases import cases_of, mark_in
from tools.llm.evolution.optimising.messages import Unusable, values_in
from tools.llm.evolution.optimising.reflecting import fault_of
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.text import read
from tools.llm.prompts.variables import Variable
from tools.llm.transcript import Transcript
from tools.llm.turns import Question, Turns
from tools.llm.turns.question import Exactly

WHOLE, SHORT = (Family.DETAILED, Rung.DETAILED), (Family.BRIEF, Rung.DETAILED)
VERSION = Version("coach", 1, {WHOLE: TEXT, SHORT: "Sell."}, (Variable(name="customer"),))
TOOLS = build_default_registry()
LISTED = {"action": "list", "limit": 5}


def chat(said, turn="t", variant="detailed/detailed"):
    return Chat(turn, "trace", variant, said)


def called(call_id, arguments=LISTED, outcome=Outcome.FIRST_TRY, tool="crm_integration"):
    return Called("trace", call_id, tool, str(outcome), json.dumps(arguments))


def found(chats, calls, version=VERSION, key=WHOLE):
    return cases_of(version, key, chats, calls, TOOLS)


def test_a_case_is_the_conversation_and_the_call_that_came_true():
    [case] = found([chat(messages("Who is there?", "a"))], [called("a")]).cases
    assert case.words == "Who is there?"
    assert [message.text for message in case.case.said] == ["Who is there?"]
    assert case.case.variables == {"customer": "ACME"}
    assert case.case.tools == ("crm_integration",)
    [wanted] = case.case.expected
    assert wanted.arguments["action"] == {"equals": "list"} and wanted.arguments["limit"] == {"equals": 5}


def test_of_free_text_only_that_there_is_some_is_wanted():
    asked = {"action": "send", "phone_number": "", "message": "Hello, here is your offer."}
    [case] = found([chat(messages("Say it.", "a"))], [called("a", asked, tool="sms_outreach")]).cases
    assert case.case.expected[0].arguments["message"] == {"anything": True}
    arguments = {**asked, "message": "Good day!"}
    assert grade(case.case, Did(calls=[Made(tool="sms_outreach", arguments=arguments)])).passed
    nothing = {"action": "send"}
    assert not grade(case.case, Did(calls=[Made(tool="sms_outreach", arguments=nothing)])).passed


def second(words, first, then, arguments=LISTED):
    """The round after *first* went wrong: its result is told, and another call made."""
    told = json.loads(messages(words, first))
    error = {"type": "tool_call_response", "id": first, "response": '{"error": "no"}'}
    answered = [{"role": "assistant", "parts": told["output"][0]["parts"]}, {"role": "tool", "parts": [error]}]
    again = json.loads(messages(words, then, arguments=arguments))
    return json.dumps({"input": [*told["input"], *answered], "output": again["output"]})


def test_a_call_that_went_wrong_is_wanted_as_it_came_true_at_last():
    chats = [chat(messages("Who?", "a")), chat(second("Who?", "a", "b"))]
    calls = [called("a", {"action": "read"}, Outcome.ARGUMENTS), called("b")]
    [case] = found(chats, calls).cases
    # Of the correction itself nothing is learned: what went wrong had told it.
    assert len(case.case.said) == 1
    assert case.case.expected[0].arguments["action"] == {"equals": "list"}


def test_a_round_after_one_that_went_well_is_a_case_of_its_own_in_the_same_words():
    chats = [chat(messages("Who?", "a", arguments=LISTED)), chat(second("Who?", "a", "b"))]
    one, two = found(chats, [called("a"), called("b", {"action": "list", "limit": 7})]).cases
    assert one.words == two.words == "Who?"
    assert len(two.case.said) == 3


def test_the_same_is_learned_from_once():
    chats = [chat(messages("Who?", call), turn=call) for call in "abc"]
    assert len(found(chats, [called(call) for call in "abc"]).cases) == 1


@pytest.mark.parametrize(
    ("said", "calls", "why"),
    [
        ("", [], "not recorded"),
        ("{}", [], "no conversation"),
        ("[1]", [], "no conversation"),
        (messages("Who \\n… [left out] …\\n there?", "a"), [called("a")], "cut"),
        (messages("Who?", "a", system="Sell to [redacted]."), [called("a")], "variables"),
        (messages("Who?", "a"), [], "no call came true"),
        (messages("Who?", "a"), [called("a", outcome=Outcome.TIMEOUT)], "no call came true"),
        (messages("Who?", "a"), [called("a", tool="gone")], "no call came true"),
        (
            messages("Who?", "a"),
            [called("a", {"action": "read", "customer_id": "[redacted]"})],
            "redacted",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_left_out_and_counted(said, calls, why):
    result = found([chat(said)], calls)
    assert (result.cases, dict(result.left_out)) == ([], {why: 1})


def test_a_variant_that_says_less_than_is_wanted_is_left_out():
    brief = [chat(messages("Who?", "a", system="Sell."), variant="brief/detailed")]
    assert found(brief, [called("a")]).left_out == {"variables": 1}
    assert found(brief, [called("a")], key=SHORT).cases[0].case.variables == {"customer": ""}
    assert found([chat(messages("Who?", "a"), variant="odd")], [called("a")]).left_out == {"another variant": 1}


@pytest.mark.parametrize(
    "secret",
    [
        "ann@example.com",
        "+44 20 7946 0958",
        "4111 1111 1111 1111",
        "GB82 WEST 1234 5698 7654 32",
        "sk-ant-api03-" + "x" * 40,
    ],
)
def test_whatever_redaction_takes_out_is_known_for_it(secret):
    arguments = json.loads(redact(json.dumps({"action": "list", "entity": secret})))
    assert mark_in(json.dumps(arguments)) == "redacted"


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("Hi {{a}}!", "Hi Ann!", {"a": "Ann"}),
        ("{{a}} and {{b}}.", "Ann and Bob and Cy.", {"a": "Ann", "b": "Bob and Cy"}),
        ("{{a}}, {{a}}!", "Ann, Ann!", {"a": "Ann"}),
        ("{{a}}, {{a}}!", "Ann, Bob!", None),
        ("{{a}}{{b}}", "AnnBob", None),
        ("Hi {{a}}!", "Ho Ann!", None),
        ("Hi {{a}}!", "Hi", None),
        ("Hi {{{{a}}}}: {{a}}", "Hi {{a}}}}: Ann", {"a": "Ann"}),
        ("Plain.", "Plain.", {}),
        ("Plain.", "Other.", None),
    ],
)
def test_what_a_prompt_was_filled_with_is_found_or_not(template, text, values):
    if values is None:
        with pytest.raises(Unusable, match="variables"):
            values_in(read(template), text)
    else:
        assert values_in(read(template), text) == values


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{TEXT} More.", ""),
        ("", "is empty"),
        ("No variable.", "No variant uses customer"),
        ("{{customer}} {{other}}", "which nobody declared"),
        ("{{customer}} {{Odd}}", "no variable"),
        ("{{customer}}" + "x" * 3_000, "may have"),
    ],
)
def test_only_what_is_a_version_with_the_same_variables_may_stand_there(text, fault):
    assert fault in fault_of(VERSION, WHOLE, text) and bool(fault) == bool(fault_of(VERSION, WHOLE, text))


def test_a_brief_text_has_five_lines_at_most():
    assert "five lines" in fault_of(VERSION, SHORT, "a\nb\nc\nd\ne\nf")


def test_where_a_text_falls_is_by_its_words_alone():
    assert splitting.place_of("Who is  THERE?") == splitting.place_of("who is there?")
    places = [splitting.place_of(words_of(number)) for number in range(3_000)]
    assert 0.45 < sum(place < splitting.TRAINING for place in places) / 3_000 < 0.55


# --- Of what is really stored ----------------------------------------------------------------------------


def lately(version="coach@1"):
    day = timedelta(days=1)
    return recorded_calls.recorded(version, timezone.now() - day, timezone.now() + day)


@pytest.mark.django_db(transaction=True)
def test_calls_of_others_and_of_other_versions_are_not_read(record, coach):
    record(3, origin="reported")
    assert lately().chats == ()
    record(3)
    read = lately()
    assert (len(read.chats), len(read.calls)) == (3, 3)
    assert lately("coach@2").chats == ()


@pytest.mark.django_db(transaction=True)
def test_it_takes_three_questions_however_much_there_is(record, coach):
    record(20)
    with CaptureQueriesContext(connection) as asked:
        assert len(lately().chats) == 20
    assert sum("telemetry_" in query["sql"] for query in asked) == 3


@pytest.mark.django_db(transaction=True)
async def test_a_turn_that_was_really_made_becomes_a_case(lab, model_client, recorded, spans, make_executor):
    """Through the lab, the executor, the exporter's redaction and Postgres."""
    await sync_to_async(pricing.seed)()
    executor = make_executor(TOOLS.get("price_calculator"))
    tracer = model_client._tracer
    where = deployment(lab, "openai responses")
    turns = Turns(model_client, executor, tracer=tracer)
    question = Question(
        transcript=Transcript().ask("Calculate the price: sku PRO, quantity 12. Write to ann@example.com."),
        telling=Exactly(VERSION, {"customer": "ACME"}),
        tools=[TOOLS.get("price_calculator")],
    )
    await turns.execute(where, question, caller_role="coach")
    ended = [*recorded.get_finished_spans(), *spans.get_finished_spans()]
    await sync_to_async(write_spans)([row_from_readable_span(span, 16_000) for span in ended])
    read = await sync_to_async(lately)()
    assert [each.outcome for each in read.calls] == ["first_try"], read
    result = found(read.chats, read.calls)
    [case] = result.cases
    assert case.words == "Calculate the price: sku PRO, quantity 12. Write to [email]."
    assert case.case.variables == {"customer": "ACME"}
    assert case.case.expected[0].tool == "price_calculator"


# --- Refusals --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestRefusals:
    def refused(self, run):
        with pytest.raises(EvolutionError) as error:
            starting.check(run, timezone.now())
        return str(error.value)

    def test_too_few(self, wanted, record, labs):
        assert self.refused(wanted()) == ("No model was told coach@1 in the last 14 days: wait for calls.")
        record(4)
        record(3, first=4, outcome=Outcome.TIMEOUT)
        said = self.refused(wanted())
        assert said.startswith("There are too few recorded cases: 8 are needed in each part, and there are ")
        assert said.endswith("Wait for more calls. Left out: 3 no call came true.")

    def test_not_recorded(self, wanted, record, labs):
        record(4)
        SpanPayload.objects.all().delete()
        assert self.refused(wanted()).startswith("The messages of the 4 model calls with coach@1 are not recorded")

    def test_not_allowed_not_live_not_there(self, wanted, record, labs, permit, coach):
        record(60)
        starting.check(wanted(), timezone.now())
        assert "did you mean lab-openai" in self.refused(wanted(deployment="lab-opena"))
        coach.labels.update(version=None)
        assert self.refused(wanted()) == "Nothing is live of coach: point production at a version first."
        permit.optimises = False
        permit.save()
        assert "tick “optimises” in its permit first" in self.refused(wanted())

    def test_prompts_of_tools_are_not_on_spans(self, db):
        with pytest.raises(EvolutionError, match="is not on their spans"):
            gathering.live_of(Prompt(name="tool-crm_integration"))
