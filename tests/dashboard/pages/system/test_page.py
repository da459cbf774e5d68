from datetime import UTC, datetime

import pytest

from dashboard.pages.system.checks import checks_of, clocks_check, verdict_of
from telemetry.alerts.faults import Fault
from telemetry.health.clock_skew import Clock
from telemetry.process.heartbeats import Beat

NOW = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)
HEALTH = {
    "queued": 3,
    "spooled_bytes": 0,
    "stored": 100,
    "dropped": 0,
    "refused": 0,
    "late": 0,
    "ingest_lag_s": 0.2,
    "oldest_unstored_span_age_s": 0.0,
    "newest_span_age_s": 1.0,
    "worker_heartbeat_age_s": 2.0,
    "canary_age_s": 40.0,
    "partitions_ahead": 3,
    "judged": Beat(NOW, 3.0),
    "sent": Beat(NOW, 4.0),
    "outward": None,
    "heartbeat_to": "",
    "faults": [],
    "tools_left_out": 0,
    "messages_waiting": 0,
    "oldest_due_message_age_s": 0.0,
}


def tones(**changes):
    return {check.name: check.state.tone for check in checks_of({**HEALTH, **changes}, None, NOW)}


def test_clocks_that_are_off_are_named_the_worst_first():
    off = [Clock("batch", -420.0), Clock("", 90.0), Clock("crm", 60.0), Clock("sms", 50.0)]
    check = clocks_check(off)
    assert check.state.tone == "warn"
    assert (
        check.value
        == "batch 7\u202fmin slow, a sender without a name 1\u202fmin fast, crm 1\u202fmin fast, and 1 more"
    )
    assert clocks_check([]).value == "agree with ours"


def test_a_quiet_system_is_all_good():
    assert set(tones().values()) == {"good"}


@pytest.mark.parametrize(
    ("age_s", "tone", "words"),
    [
        (59.0, "good", "last stored 59\u202fs ago"),
        (240.0, "good", "last stored 4\u202fmin ago"),
        (241.0, "warn", "last stored 4\u202fmin ago"),
        (None, "unsure", "none stored yet"),
    ],
)
def test_a_canary_that_falls_silent_is_noticed(age_s, tone, words):
    checks = checks_of({**HEALTH, "canary_age_s": age_s}, None, NOW)
    [check] = [check for check in checks if check.name == "Canary"]
    assert (check.state.tone, check.value) == (tone, words)
    assert verdict_of(checks)["tone"] == ("warn" if tone == "warn" else "good")


def test_it_says_how_long_ago_rules_were_judged_and_messages_sent():
    words = {check.name: check.value for check in checks_of(HEALTH, None, NOW)}
    assert words["Rules judged"] == "3.0\u202fs ago"
    assert words["Messages sent"] == "4.0\u202fs ago, 0 waiting"


@pytest.mark.parametrize("judged", [None, Beat(NOW, 300.0)])
def test_nothing_is_good_while_rules_are_not_judged_though_the_worker_beats(judged):
    checks = checks_of({**HEALTH, "judged": judged}, None, NOW)
    assert verdict_of(checks)["tone"] == "bad"
    assert verdict_of(checks)["text"].startswith("Rules judged: ")


@pytest.mark.parametrize(
    "changes", [{"sent": None}, {"sent": Beat(NOW, 300.0)}, {"oldest_due_message_age_s": 90.0}]
)
def test_messages_that_do_not_go_out_are_told(changes):
    assert tones(**changes)["Messages sent"] == "bad"


def test_rules_that_cannot_be_judged_are_listed_with_why_and_not_without_end():
    faults = [Fault("Success", f"tool {number}", "ValueError: math domain error", NOW) for number in range(9)]
    checks = checks_of({**HEALTH, "faults": faults}, None, NOW)
    found = {check.name: check for check in checks}
    assert found["Rules judged"].value == "3.0\u202fs ago, 1 cannot be"  # rules, as everywhere
    listed = [check for check in checks if check.name == "Rule Success"]
    assert [check.value for check in listed] == [f"tool {number}" for number in range(5)]
    assert listed[0].meaning == "Since 21 Nov 14:32 UTC: ValueError: math domain error"
    assert verdict_of(checks)["tone"] == "bad"


def test_tools_that_are_not_judged_for_want_of_room_are_told():
    checks = {check.name: check for check in checks_of({**HEALTH, "tools_left_out": 1_200}, None, NOW)}
    check = checks["Tools judged"]
    assert (check.state.tone, check.value) == ("warn", "1,200 reported tools are not judged")
    assert tones(tools_left_out=0).get("Tools judged") is None


def test_a_message_that_waits_for_its_next_try_is_nothing_to_worry_about():
    assert tones(messages_waiting=3)["Messages sent"] == "good"


def test_a_call_that_is_not_stored_is_late_and_then_stale():
    found = [tones(oldest_unstored_span_age_s=age_s)["Oldest unstored call"] for age_s in (0.3, 12.0, 45.0)]
    assert found == ["good", "warn", "bad"]


def test_what_others_send_late_is_no_fault_of_ours():
    assert tones(ingest_lag_s=7 * 86_400.0)["Ingest lag"] == "good"


def test_a_few_calls_on_their_way_to_postgres_are_nothing_to_worry_about():
    assert tones(spooled_bytes=15_000)["Spool"] == "good"


def test_a_growing_spool_is_waiting_for_postgres():
    assert tones(spooled_bytes=50_000_000)["Spool"] == "warn"


def test_lost_calls_are_never_good():
    assert tones(dropped=1)["Lost"] == "bad"


def forwarding(**changes):
    sent = {"forward_to": "https://otel.example/v1/traces", "forwarded": 5, "forward_bytes": 0}
    return {**sent, "forward_waiting": 0, "forward_dropped": 0, **changes}


def test_forwarding_is_shown_where_there_is_some():
    assert "Forwarding" not in tones()
    assert tones(**forwarding())["Forwarding"] == "good"


def test_spans_that_wait_for_the_second_endpoint_or_never_reached_it_are_told():
    assert tones(**forwarding(forward_bytes=50_000_000))["Forwarding"] == "warn"
    assert tones(**forwarding(forward_dropped=1))["Forwarding"] == "bad"
