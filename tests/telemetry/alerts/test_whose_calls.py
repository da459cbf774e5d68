"""Rules judge what our own executor ran, and what others report of tools that we do not have."""

import pytest

from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.models import Delivery, Incident, Rule, RuleState
from telemetry.alerts.rehearsal import rehearse
from telemetry.alerts.tool_cardinality import PLACES
from telemetry.counts.origins import Calls
from telemetry.dictionaries.name_cardinality import OTHER
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_route, make_rule, the_incident

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


def test_a_thousand_invented_tools_are_as_many_states_as_a_key_has_places():
    make_rule()
    for number in range(PLACES + 30):
        make_calls(bad=100 + number, tool=f"invented {number:03}", **REPORTED)
    make_calls(good=30, bad=70, tool=OURS)
    evaluate(NOON)
    assert RuleState.objects.count() == PLACES + 1
    assert firing()[0] == "invented 030" and firing()[-1] == OURS
    assert Rule.objects.get().tools_left_out == 30
    make_calls(good=30, bad=70, tool=OURS, when=at(400))
    evaluate(at(400))
    assert Rule.objects.get().tools_left_out == 0
    assert Rule.objects.get().history.count() == 1  # nobody edited it


def test_states_of_tools_that_have_no_place_any_more_go_and_those_in_trouble_stay():
    make_rule()
    make_calls(good=100, tool="fine", **REPORTED)
    make_calls(bad=100, tool="sick", **REPORTED)
    evaluate(NOON)
    for number in range(PLACES):
        make_calls(good=1_000, tool=f"busy {number}", when=at(5), **REPORTED)
    evaluate(at(5))
    known = set(RuleState.objects.values_list("tool", flat=True))
    assert "fine" not in known and "sick" in known
    assert len(known) == PLACES
    assert firing() == ["sick"]


@pytest.mark.parametrize("noise", [{"good": 300}, {"bad": 300}])
def test_names_that_one_key_invents_hide_no_tool_that_another_reports(noise):
    make_rule()
    for number in range(PLACES + 5):
        make_calls(tool=f"noise {number}", **noise, **REPORTED)
    make_calls(bad=20, tool="real", **REPORTED | {"api_key": "other"})
    evaluate(NOON)
    assert "real" in firing()


def test_nor_does_it_once_another_reports_the_same_name():
    make_rule()
    for number in range(PLACES + 5):
        make_calls(good=300, tool=f"noise {number}", **REPORTED)
    make_calls(bad=1, tool="real", **REPORTED)
    make_calls(bad=20, tool="real", **REPORTED | {"api_key": "other"})
    evaluate(NOON)
    assert (firing(), the_incident().evidence["total"]) == (["real"], 21)


def test_of_one_keys_tools_those_that_fail_come_before_busier_ones():
    make_rule()
    for number in range(PLACES + 5):
        make_calls(good=300, bad=5, tool=f"busy {number}", **REPORTED)
    make_calls(bad=20, tool="real", **REPORTED)
    evaluate(NOON)
    assert (firing(), Rule.objects.get().tools_left_out) == (["real"], 6)


def flood(seconds, rule):
    """25 failures each of 50 new names, now and again; what is judged of them."""
    for second in seconds:
        for number in range(50):
            make_calls(bad=25, tool=f"flood {second} {number}", when=at(second), **REPORTED)
        evaluate(at(second))
    return rehearse(rule, at(seconds[0]), at(seconds[-1] + 5))


def test_a_flood_of_names_that_change_is_as_many_messages_as_a_key_has_places_live_and_rehearsed():
    rule = make_rule()
    make_route()
    make_calls(bad=60, tool="real", when=at(10), **REPORTED | {"api_key": "other"})
    rehearsed = flood([0, 5, 10, 15], rule)
    assert Delivery.objects.count() == PLACES + 1
    live = Incident.objects.order_by("opened_at", "tool").values_list("tool", "opened_at")
    assert [(incident.tool, incident.opened_at) for incident in rehearsed] == list(live)


def test_tools_that_have_gone_quiet_in_trouble_keep_the_places_of_their_key_alone():
    make_rule()
    flood([0], Rule.objects.get())
    make_calls(bad=60, tool="new", when=at(600), **REPORTED)
    make_calls(bad=60, tool="real", when=at(600), **REPORTED | {"api_key": "other"})
    evaluate(at(600))
    assert {"new", "real"} & set(firing()) == {"real"}
    assert Rule.objects.get().tools_left_out == 1


def test_what_is_beyond_a_keys_names_is_no_tool_and_told_as_left_out():
    rule = make_rule()
    make_calls(bad=200, tool=OTHER, **REPORTED)
    make_calls(good=30, tool="theirs", **REPORTED)
    evaluate(NOON)
    assert (firing(), rehearse(rule, NOON, at(60))) == ([], [])
    assert Rule.objects.get().tools_left_out == 1


def test_a_rule_of_one_tool_judges_it_whatever_else_is_reported():
    make_rule(tool="real")
    for number in range(PLACES + 5):
        make_calls(bad=300, tool=f"noise {number}", **REPORTED)
    make_calls(bad=20, tool="real", **REPORTED)
    evaluate(NOON)
    assert (firing(), Rule.objects.get().tools_left_out) == (["real"], 0)


def test_providers_are_compared_whoever_sent_their_calls():
    make_rule()
    for api_key in ("one", "two"):
        make_calls(good=20, bad=30, tool="theirs", **REPORTED | {"api_key": api_key})
    evaluate(NOON)
    (row,) = the_incident().evidence["providers"]
    assert (row["failed"], row["total"]) == (60, 100)
