"""Rules see what fails, whoever sends it, however it comes and whatever else goes wrong."""

import uuid
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError, connection

from telemetry.alerts import evaluation, evidence, faults, lifecycle
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.kinds import success_rate
from telemetry.alerts.models import Delivery, Incident, RuleFault, RuleState, State
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_route, make_rule, the_incident
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db


def store(count, outcome, *, ended, stored=None, duration_ms=20.0, **words):
    """*count* calls that ended *ended* seconds after NOON, stored then or at *stored*."""
    start_time = at(ended) - timedelta(milliseconds=duration_ms)
    given = {"tool": "crm", "provider": "openai", "model": "gpt", "outcome": str(outcome)} | words
    rows = [
        make_row(start_time=start_time, duration_ms=duration_ms, trace_id=uuid.uuid4(), **given)
        for _ in range(count)
    ]
    write_spans(rows, now=at(ended if stored is None else stored))


# --- One that fails while another's answers are cached ------------------------------------------------


def test_one_provider_fails_while_anothers_answers_come_from_the_cache():
    make_rule(minimum_calls=1)
    make_calls(provider="groq", arguments=1)
    make_calls(provider="openai", first_try=2, from_cache=2)
    make_calls(provider="mistral", tool="sms", bad=30)
    evaluate(NOON)
    assert not RuleFault.objects.exists()
    assert set(RuleState.objects.filter(state=State.FIRING).values_list("tool", flat=True)) >= {"sms"}


@pytest.mark.parametrize("fresh", [0, 1, 30])
def test_half_of_the_calls_bad_is_told_however_warm_the_cache(fresh):
    make_rule()
    make_calls(provider="groq", arguments=60)
    make_calls(provider="openai", first_try=fresh, from_cache=60 - fresh)
    evaluate(NOON)
    incident = the_incident()
    assert incident.summary == "crm is at 50 %, below 90 %"
    assert (
        incident.evidence["providers"][0] | {"value": 0.0, "stands_out": True} == incident.evidence["providers"][0]
    )


def test_an_incident_of_bad_arguments_ends_while_the_good_calls_come_from_the_cache():
    make_rule()
    make_calls(provider="groq", arguments=60)
    make_calls(provider="openai", from_cache=60)
    evaluate(NOON)
    make_calls(provider="openai", from_cache=60, when=at(400))
    evaluate(at(400))
    assert the_incident().resolved_at == at(400)


def test_a_healthy_tool_behind_a_warm_cache_opens_nothing():
    make_rule()
    make_calls(arguments=20, from_cache=880, good=98, bad=2)
    evaluate(NOON)
    assert not Incident.objects.exists()


@pytest.mark.parametrize(("bad", "good"), [(1, 0), (2, 0), (2, 2), (19, 0)])
def test_few_runs_that_fail_beside_answers_of_the_cache_open_nothing(bad, good):
    make_rule()
    make_calls(from_cache=296, bad=bad, good=good)
    evaluate(NOON)
    assert not Incident.objects.exists()


def test_an_outage_behind_a_warm_cache_is_told_of_with_twenty_runs_and_began_with_the_first():
    make_rule()
    make_calls(from_cache=2000, when=at(-200))
    make_calls(from_cache=980, bad=20)
    evaluate(NOON)
    incident = the_incident()
    assert incident.summary == "crm is at 0 %, below 90 %"
    assert incident.began_at == at(-10)


def test_a_pause_in_judging_is_no_time_in_which_it_went_well():
    make_rule(keep_firing_for_s=30)
    make_calls(bad=60)
    evaluate(NOON)
    for seconds in (400, 405, 425):
        make_calls(good=60, when=at(seconds))
        evaluate(at(seconds))
        assert the_incident().resolved_at is None
    make_calls(good=60, when=at(430))
    evaluate(at(430))
    assert the_incident().resolved_at == at(430)


def test_a_rule_that_is_firing_without_an_incident_fires_anew():
    make_rule()
    make_route()
    make_calls(bad=60)
    evaluate(NOON)
    Incident.objects.all().delete()
    make_calls(bad=60, when=at(5))
    evaluate(at(5))
    assert (the_incident().opened_at, Delivery.objects.get().kind) == (at(5), "firing")
    make_calls(good=600, when=at(400))
    Incident.objects.all().delete()
    evaluate(at(400))
    assert not Incident.objects.exists()
    assert RuleState.objects.get().state == State.INACTIVE


@pytest.mark.parametrize("refusal", ["READ ONLY", "no room"])
def test_what_is_refused_for_all_is_told_once_and_not_for_each_state(refusal, caplog, monkeypatch):
    make_rule()
    for number in range(30):
        make_calls(good=60, tool=f"tool {number}")
    stored = []

    def store(rows):
        stored.append(len(rows))
        raise OperationalError(refusal)

    monkeypatch.setattr(evaluation, "store", store)
    evaluate(NOON)
    assert stored == [30]
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert [(fault.tool, fault.error) for fault in faults.current()] == [("", f"OperationalError: {refusal}")]


def test_one_state_that_cannot_be_stored_keeps_no_other_from_it(caplog, monkeypatch):
    make_rule()
    for number in range(5):
        make_calls(good=60, tool=f"tool {number}")

    def store(rows, store=evaluation.store):
        if any(row.tool in ("tool 1", "tool 2") for row in rows):
            raise DataError("too long")
        return store(rows)

    monkeypatch.setattr(evaluation, "store", store)
    evaluate(NOON)
    assert RuleState.objects.count() == 3
    assert [fault.tool for fault in faults.current()] == ["tool 1", "tool 2"]
    assert [bool(record.exc_info) for record in caplog.records if record.levelname == "ERROR"] == [True, False]


# --- One rule's fault is its own ---------------------------------------------------------------------


@pytest.fixture
def fragile(monkeypatch):
    """Rules that cannot be judged for the tool ``broken``."""
    shares = success_rate.shares

    def failing(calls, late=None):
        if any(key.tool == "broken" for key in calls):
            raise ValueError("math domain error")
        return shares(calls, late)

    monkeypatch.setattr(success_rate, "shares", failing)


def test_what_cannot_be_judged_is_noted_and_told_once_and_the_rest_is_judged(fragile):
    make_rule(name="first")
    make_route()
    for tool in ("broken", "crm"):
        make_calls(good=30, bad=70, tool=tool)
    evaluate(NOON)
    evaluate(at(5))
    assert [incident.tool for incident in Incident.objects.all()] == ["crm"]
    assert [(fault.rule, fault.tool, fault.error, fault.since) for fault in faults.current()] == [
        ("first", "broken", "ValueError: math domain error", NOON)
    ]
    told = Delivery.objects.get(kind="fault").message["data"]
    assert told["summary"] == "The rule first cannot be judged for broken"
    assert told["detail"].startswith("ValueError: math domain error. Until this is mended")


def test_a_fault_is_gone_with_the_first_look_that_works(fragile, monkeypatch):
    make_rule()
    make_calls(bad=70, tool="broken")
    evaluate(NOON)
    monkeypatch.undo()
    evaluate(at(5))
    assert faults.current() == []
    assert the_incident().tool == "broken"


def test_calls_that_cannot_be_read_are_a_fault_of_the_rules_that_want_them(monkeypatch):
    make_rule(name="short")
    make_rule(name="long", window_s=7200)
    make_calls(bad=70)

    def read(window, read=evaluation.read_calls):
        if window.resolution_s == 60:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return read(window)

    monkeypatch.setattr(evaluation, "read_calls", read)
    evaluate(NOON)
    assert [(fault.rule, fault.tool) for fault in faults.current()] == [("long", "")]
    assert the_incident().rule.name == "short"


def test_an_incident_that_cannot_be_opened_is_tried_again_and_holds_up_no_other(monkeypatch):
    make_rule()
    for tool in ("crm", "sms"):
        make_calls(bad=70, tool=tool)

    def opened(each, now, opened=lifecycle.open_incident):
        if each.tool == "crm":
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM no_such_table")
        return opened(each, now)

    monkeypatch.setattr(evaluation, "open_incident", opened)
    evaluate(NOON)
    assert [incident.tool for incident in Incident.objects.all()] == ["sms"]
    assert [fault.tool for fault in faults.current()] == ["crm"]
    monkeypatch.undo()
    evaluate(at(5))
    assert {incident.tool for incident in Incident.objects.all()} == {"crm", "sms"}


def test_an_incident_that_cannot_be_brought_up_to_date_holds_up_no_other(monkeypatch):
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    make_calls(bad=70, tool="sms")

    def failing(*args):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    monkeypatch.setattr(evaluation, "worsen_incident", failing)
    evaluate(at(2))
    assert {incident.tool for incident in Incident.objects.all()} == {"crm", "sms"}
    assert [fault.tool for fault in faults.current()] == ["crm"]


@pytest.mark.parametrize("part", ["gather", "began_at", "course_window"])
def test_evidence_that_cannot_be_gathered_holds_back_no_firing(part, monkeypatch):
    make_rule()
    make_route()
    make_calls(good=30, bad=70)

    def failing(*args, **kwargs):
        raise ValueError("math domain error")

    monkeypatch.setattr(evidence, part, failing)
    evaluate(NOON)
    assert the_incident().summary == "crm is at 30 %, below 90 %"
    assert Delivery.objects.get().message["data"]["detail"].startswith("When it fired: 30 of 100 calls succeeded")


# --- When calls count --------------------------------------------------------------------------------


def test_calls_that_take_longer_than_the_window_are_judged_when_they_end():
    make_rule()
    store(60, Outcome.TIMEOUT, ended=-60, duration_ms=400_000.0)
    evaluate(NOON)
    assert the_incident().began_at == at(-60)
    assert RuleState.objects.get().longest_ms == 400_000.0


def test_a_sender_whose_clock_is_slow_is_heard_and_its_incident_ends():
    make_rule()
    store(60, Outcome.TIMEOUT, ended=-370, stored=-10)
    evaluate(NOON)
    incident = the_incident()
    assert incident.summary == "crm was at 0 %, below 90 % (told late)"
    assert incident.evidence["late"]
    store(60, Outcome.FIRST_TRY, ended=-60, stored=300)
    evaluate(at(400))
    assert the_incident().resolved_at == at(400)


def test_a_sender_whose_clock_is_fast_is_heard_at_once():
    make_rule()
    store(60, Outcome.TIMEOUT, ended=3000, stored=-10)
    evaluate(NOON)
    assert the_incident().summary == "crm is at 0 %, below 90 %"


def test_a_backlog_is_judged_once_by_the_windows_in_which_it_ended():
    """An outage of five minutes within two hours that went well."""
    make_rule()
    for minute in range(24):
        store(50, Outcome.FIRST_TRY, ended=-9000 + minute * 300, stored=-10)
    store(60, Outcome.TIMEOUT, ended=-5400, stored=-10)
    store(100, Outcome.FIRST_TRY, ended=-30)
    evaluate(NOON)
    incident = the_incident()
    assert (incident.began_at, incident.evidence["late"]) == (at(-5400), True)
    store(100, Outcome.FIRST_TRY, ended=300)
    evaluate(at(310))
    assert the_incident().resolved_at == at(310)


@pytest.mark.parametrize("hours", [7, 24, 168])
def test_a_backfill_pages_nobody(hours):
    make_rule()
    store(60, Outcome.TIMEOUT, ended=-hours * 3600, stored=-10)
    evaluate(NOON)
    assert not Incident.objects.exists()


def test_a_call_that_is_a_little_late_counts_once():
    make_rule(minimum_calls=1)
    store(60, Outcome.TIMEOUT, ended=-100, stored=-10)
    evaluate(NOON)
    assert RuleState.objects.get().total == 60
    evaluate(at(195))
    assert RuleState.objects.get().total == 60
    evaluate(at(210))
    assert RuleState.objects.get().total == 0


# --- Since when --------------------------------------------------------------------------------------


def test_it_began_with_the_first_bad_calls_and_not_with_the_breach():
    make_rule(for_s=15)
    for second in range(-280, -60, 5):
        store(10, Outcome.FIRST_TRY, ended=second)
    for second in range(-60, 0, 5):
        store(2, Outcome.FIRST_TRY, ended=second)
        store(8, Outcome.TIMEOUT, ended=second)
    for second in range(0, 20, 5):
        evaluate(at(second))
    assert the_incident().began_at == at(-60)


def test_after_a_gap_in_judging_it_began_when_the_calls_say():
    make_rule()
    store(100, Outcome.FIRST_TRY, ended=-3600)
    evaluate(at(-3590))
    for minute in range(-30, 0):
        store(10, Outcome.TIMEOUT, ended=minute * 60)
    evaluate(NOON)
    assert the_incident().began_at == at(-1800)


def test_a_second_incident_does_not_begin_in_the_first():
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    make_calls(good=100, when=at(400))
    evaluate(at(400))
    make_calls(bad=100, when=at(500))
    evaluate(at(500))
    assert Incident.objects.open().get().began_at > at(400)


def test_a_tool_that_never_worked_began_with_its_first_call():
    make_rule()
    store(20, Outcome.TIMEOUT, ended=-200)
    store(20, Outcome.TIMEOUT, ended=-100)
    evaluate(NOON)
    assert the_incident().began_at == at(-200)


# --- Why ---------------------------------------------------------------------------------------------


def test_what_opened_the_breaker_is_named():
    make_rule()
    failed = {"error_type": "sms_gateway_not_configured", "error_message": "No gateway is configured."}
    store(10, Outcome.PROVIDER, ended=-60, **failed)
    store(100, Outcome.BREAKER, ended=-30, error_type="breaker_open")
    evaluate(NOON)
    event = the_incident().events.first().text
    assert "opened by provider errors (sms_gateway_not_configured)" in event


def test_what_opened_a_breaker_before_the_window_is_named_too():
    make_rule()
    store(10, Outcome.TIMEOUT, ended=-1200, error_type="timeout")
    store(100, Outcome.BREAKER, ended=-30, error_type="breaker_open")
    evaluate(NOON)
    assert the_incident().evidence["behind_breaker"] == {"layer": "timeout", "error_type": "timeout"}


def test_bad_arguments_open_no_breaker():
    make_rule()
    store(10, Outcome.ARGUMENTS, ended=-60, error_type="invalid_arguments")
    store(100, Outcome.BREAKER, ended=-30, error_type="breaker_open")
    evaluate(NOON)
    assert the_incident().evidence["behind_breaker"] is None
