"""Rules judge what our own executor ran, and what others report of tools that we do not have."""

import pytest

from telemetry.alerts.evaluation import MOST_REPORTED, evaluate
from telemetry.alerts.models import Incident, RuleState
from telemetry.alerts.rehearsal import rehearse
from telemetry.origins import Calls
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_rule, the_incident

pytestmark = pytest.mark.django_db
OURS = "sms_outreach"  # registered here
REPORTED = {"origin": "reported", "api_key": "partner", "service": "shop"}


def firing():
    return list(Incident.objects.filter(resolved_at=None).values_list("tool", flat=True).order_by("tool"))


def test_a_hundred_and_twenty_reported_failures_of_a_tool_of_ours_open_nothing():
    rule = make_rule()
    make_calls(bad=120, tool=OURS, **REPORTED)
    evaluate(NOON)
    assert firing() == []
    assert rehearse(rule, NOON, at(60)) == []


@pytest.mark.parametrize("reported", [{"good": 5_000}, {"bad": 5_000}])
def test_what_others_report_neither_hides_a_failing_tool_of_ours_nor_shows_in_its_evidence(reported):
    make_rule()
    make_calls(good=30, bad=70, tool=OURS)
    make_calls(tool=OURS, **reported, **REPORTED)
    evaluate(NOON)
    evidence = the_incident().evidence
    assert (evidence["good"], evidence["total"]) == (30, 100)
    assert sum(row["failed"] for row in evidence["providers"]) == 70


@pytest.mark.parametrize(
    ("calls", "tools"),
    [
        (Calls.COUNTED, ["theirs"]),
        (Calls.OWN, []),
        (Calls.REPORTED, [OURS, "theirs"]),
        (Calls.ALL, [OURS, "theirs"]),
    ],
)
def test_a_rule_says_whose_calls_it_judges(calls, tools):
    make_rule(calls=calls)
    make_calls(good=40, tool=OURS)
    make_calls(bad=400, tool=OURS, **REPORTED)
    make_calls(bad=100, tool="theirs", **REPORTED)
    evaluate(NOON)
    assert firing() == tools


def test_an_installation_that_is_only_told_of_calls_is_told_when_they_fail():
    make_rule(tool="their_search")
    make_calls(good=20, bad=80, tool="their_search", **REPORTED)
    evaluate(NOON)
    assert firing() == ["their_search"]


def test_a_thousand_invented_tools_are_as_many_states_as_the_busiest():
    make_rule()
    for number in range(MOST_REPORTED + 30):
        make_calls(bad=100 + number, tool=f"invented {number:03}", **REPORTED)
    make_calls(good=30, bad=70, tool=OURS)
    evaluate(NOON)
    assert RuleState.objects.count() == MOST_REPORTED + 1
    assert firing()[0] == "invented 030" and firing()[-1] == OURS


def test_states_of_tools_that_are_no_longer_among_the_busiest_go_and_those_in_trouble_stay():
    make_rule()
    make_calls(good=100, tool="fine", **REPORTED)
    make_calls(bad=100, tool="sick", **REPORTED)
    evaluate(NOON)
    for number in range(MOST_REPORTED):
        make_calls(good=1_000, tool=f"busy {number}", when=at(5), **REPORTED)
    evaluate(at(5))
    known = set(RuleState.objects.values_list("tool", flat=True))
    assert "fine" not in known and "sick" in known
    assert len(known) == MOST_REPORTED + 1
    assert firing() == ["sick"]
