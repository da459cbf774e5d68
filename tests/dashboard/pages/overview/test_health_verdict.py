from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from dashboard.addresses import periods
from dashboard.pages.overview import health_verdict, tables
from dashboard.queries.edits import Edit
from dashboard.wording.states import current_state
from telemetry.process.heartbeats import Beat
from telemetry.semconv import Outcome
from tests.dashboard.builders import tally
from tools.definition.editable import BY_NAME

NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)
WINDOW = periods.find("90m").window(NOW)
BINS = list(WINDOW.bins())


def scene(by_caller, grid=None, **more):
    totals = tables.totals_by_tool(by_caller)
    states = {tool: current_state(total, total) for tool, total in totals.items()}
    return health_verdict.Scene(WINDOW, grid or {}, states, totals, by_caller, **more)


def test_all_is_well_in_one_short_sentence():
    said = health_verdict.judge(
        scene({("crm", "openai", "gpt"): tally(99, 1), ("sms", "openai", "gpt"): tally(2)})
    )
    assert (said.tone, said.text) == ("good", "1 tool is healthy")
    assert "1 with too few calls" in said.detail


def test_a_sick_tool_is_named_with_its_layer_and_its_provider():
    by_caller = {("crm", "groq", "llama"): tally(20, 80), ("crm", "openai", "gpt"): tally(100, 2)}
    said = health_verdict.judge(scene(by_caller))
    assert said.text == "crm is at 59.4\u202f%, below 90\u202f%"
    assert said.detail == "of 202 calls in the last 5 minutes · mostly timeout on groq · llama"


def test_it_says_for_how_long_a_tool_has_been_below():
    grid = {start: {"crm": tally(60, 0) if start < BINS[-25] else tally(30, 30)} for start in BINS}
    said = health_verdict.judge(scene({("crm", "", ""): tally(30, 30)}, grid))
    assert said.text.endswith("below 90\u202f% for 23\u202fmin") or said.text.endswith("for 24\u202fmin")


def test_a_lone_provider_is_no_cause():
    assert health_verdict.likeliest_cause("crm", {("crm", "openai", "gpt"): tally(1, 9)}) == "mostly timeout"


def test_mixed_failures_have_no_cause():
    mixed = tally(0, 5, Outcome.TIMEOUT, arguments=5, provider=5)
    assert health_verdict.likeliest_cause("crm", {("crm", "", ""): mixed}) == ""


BEGAN = BINS[60]
BASE = "of 160 calls in the last 5 min"


def incident_after(edit, before=(60, 0), after=(30, 30), layer=Outcome.TIMEOUT):
    """What is said of an incident of crm that began at BEGAN, five minutes after *edit*."""
    incident = SimpleNamespace(
        tool="crm",
        sentence="crm is at 81.2 % now, below 90 % for 24 min",
        began_at=BEGAN,
        acknowledged_at=NOW,
        acknowledged_by="ana",
        **{"value": 0.812, "total": 160, "over": "5 min"},
    )
    grid = {start: {"crm": tally(*(before if start < BEGAN else after), layer)} for start in BINS}
    said = health_verdict.judge(scene({("sms", "", ""): tally(0, 50)}, grid, incidents=[incident], edits=[edit]))
    assert (said.tag, said.text) == ("1 incident", incident.sentence)
    return said.detail


def edited(name, words, minutes=5):
    return Edit(BEGAN - timedelta(minutes=minutes), "crm", words, "mia", BY_NAME[name].acts_on)


TIMEOUT = edited("timeout_s", "timeout 8 s → 5 s")


def test_an_open_incident_comes_first_and_names_the_edit_before_it():
    edited_before = "began 5\u202fmin after an edit: timeout 8 s → 5 s"
    assert incident_after(TIMEOUT) == f"{BASE} · {edited_before} · ana takes care of it"


@pytest.mark.parametrize(
    ("edit", "more"),
    [
        (TIMEOUT, {"layer": Outcome.ARGUMENTS}),  # a timeout makes no bad arguments
        (edited("description", "description changed"), {}),  # nor a description timeouts
        (edited("quota_day", "calls a day 5 → 9"), {"layer": Outcome.TOOL_BUG}),
        (TIMEOUT, {"before": (30, 30)}),  # it went as badly before
        (TIMEOUT, {"before": (0, 0)}),  # nobody knows how it went
        (edited("timeout_s", "timeout 8 s → 5 s", minutes=16), {}),
    ],
)
def test_an_edit_that_cannot_have_done_it_is_not_named(edit, more):
    assert incident_after(edit, **more) == f"{BASE} · ana takes care of it"


def test_a_description_is_suspected_of_bad_arguments():
    assert "description changed" in incident_after(
        edited("description", "description changed"), layer=Outcome.ARGUMENTS
    )


def test_no_calls_and_few_calls_are_neither_good_nor_bad():
    assert health_verdict.judge(scene({})).tag == "no calls"
    assert health_verdict.judge(scene({("crm", "", ""): tally(1)})).text == "Only 1 call so far, too few to judge"


def test_nothing_is_clear_while_rules_are_not_judged():
    said = health_verdict.judge(
        scene({("crm", "openai", "gpt"): tally(100)}, blind="Rules have not been judged for 5 min")
    )
    assert (said.tone, said.tag, said.text) == ("bad", "not judged", "Rules have not been judged for 5 min")
    assert "nobody is told" in said.detail


def test_a_sick_tool_is_named_beside_it():
    blind = "Rules have not been judged for 5 min"
    said = health_verdict.judge(scene({("crm", "groq", "llama"): tally(20, 80)}, blind=blind))
    assert (said.text, "crm is at 20.0\u202f%" in said.detail) == (blind, True)


def test_an_incident_stays_first_and_says_that_it_may_be_stale():
    first = SimpleNamespace(
        tool="crm",
        sentence="crm has too few calls to judge",
        began_at=NOW,
        value=None,
        acknowledged_at=None,
        acknowledged_by="",
    )
    said = health_verdict.judge(scene({}, incidents=[first], blind="Rules have not been judged for 5 min"))
    assert (said.text, said.detail) == (first.sentence, "Rules have not been judged for 5 min")


def test_blindness_is_of_the_judging_alone():
    assert health_verdict.blindness(Beat(NOW, 6.0)) == ""
    assert health_verdict.blindness(Beat(NOW, 300.0)) == "Rules have not been judged for 5\u202fmin"
    assert health_verdict.blindness(None) == "Rules were never judged"
