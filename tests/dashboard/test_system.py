from datetime import UTC, datetime

from dashboard.views.system import checks_of

NOW = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)
HEALTH = {
    "queued": 3,
    "spooled_bytes": 0,
    "stored": 100,
    "dropped": 0,
    "refused": 0,
    "late": 0,
    "ingest_lag_s": 0.2,
    "newest_span_age_s": 1.0,
    "worker_heartbeat_age_s": 2.0,
    "partitions_ahead": 3,
}


def tones(**changes):
    return {check.name: check.state.tone for check in checks_of({**HEALTH, **changes}, None, NOW)}


def test_a_quiet_system_is_all_good():
    assert set(tones().values()) == {"good"}


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
