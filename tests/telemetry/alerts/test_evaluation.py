from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from telemetry.alerts.evaluation import evaluate, take_lock
from telemetry.alerts.models import Delivery, Incident, Judgement, RuleState, State
from telemetry.semconv import UNKNOWN_TOOL
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_route, make_rule, the_incident

pytestmark = pytest.mark.django_db


def test_a_failing_tool_opens_an_incident():
    make_rule()
    make_calls(good=30, bad=70)
    assert evaluate(NOON) == 1
    incident = the_incident()
    assert incident.summary == "crm is at 30 %, below 90 %"
    assert (incident.opened_at, incident.resolved_at) == (NOON, None)


def test_a_healthy_tool_opens_nothing():
    make_rule()
    make_calls(good=98, bad=2)
    assert evaluate(NOON) == 0
    assert not Incident.objects.exists()
    assert RuleState.objects.get().value == 0.98


def test_each_tool_is_judged_apart():
    make_rule()
    make_calls(good=10, bad=90, tool="crm")
    make_calls(good=900, bad=0, tool="sms")
    evaluate(NOON)
    assert [(state.tool, state.state) for state in RuleState.objects.order_by("tool")] == [
        ("crm", State.FIRING),
        ("sms", State.INACTIVE),
    ]


def test_a_rule_of_one_provider_sees_its_calls_alone():
    make_rule(provider="mistral")
    make_calls(good=0, bad=100, provider="openai")
    make_calls(good=50, bad=0, provider="mistral")
    evaluate(NOON)
    state = RuleState.objects.get()
    assert (state.value, state.total) == (1.0, 50)


def test_calls_of_tools_that_do_not_exist_fire_nothing():
    make_rule()
    make_calls(bad=100, tool=UNKNOWN_TOOL)
    evaluate(NOON)
    assert not RuleState.objects.exists()


def test_the_window_ends_at_the_last_settled_bucket():
    make_rule()
    make_calls(good=1, when=at(5), tool="too new")
    make_calls(good=1, when=at(0), tool="newest")
    make_calls(good=1, when=at(-295), tool="oldest")
    make_calls(good=1, when=at(-300), tool="too old")
    evaluate(NOON)
    assert set(RuleState.objects.values_list("tool", flat=True)) == {"newest", "oldest"}


def test_a_breach_is_pending_before_it_fires():
    make_rule(for_s=15)
    make_calls(good=30, bad=70)
    assert [evaluate(at(seconds)) for seconds in (0, 5, 10, 15, 20)] == [1, 0, 0, 1, 0]
    incident = the_incident()
    assert (incident.began_at, incident.opened_at) == (at(-10), at(15))


def test_recovery_ends_the_incident():
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    make_calls(good=100, when=at(400))
    assert evaluate(at(400)) == 1
    assert the_incident().resolved_at == at(400)
    assert the_incident().events.last().text == "Resolved: crm is back at 100 % after 6 min."


def test_an_incident_without_calls_stays_open():
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    evaluate(at(3600))
    state = RuleState.objects.get()
    assert (state.state, state.judgement, state.total) == (State.FIRING, Judgement.INSUFFICIENT, 0)
    assert the_incident().resolved_at is None


def test_a_healthy_tool_that_is_no_longer_called_is_forgotten():
    make_rule()
    make_calls(good=100)
    evaluate(NOON)
    assert RuleState.objects.exists()
    evaluate(at(400))
    assert not RuleState.objects.exists()


def test_a_day_of_silence_closes_it_and_says_so():
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    evaluate(NOON + timedelta(hours=24))
    assert "without proof of recovery" in the_incident().events.last().text


def test_switching_a_rule_off_ends_its_incident():
    rule = make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    rule.enabled = False
    rule.save()
    assert evaluate(at(5)) == 1
    assert the_incident().resolved_at == at(5)
    said = "crm is no longer judged: the rule Success rate was switched off; nobody knows whether it recovered"
    assert the_incident().events.last().text == f"Resolved: {said}."


def test_a_second_breach_opens_a_second_incident():
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    make_calls(good=100, when=at(400))
    evaluate(at(400))
    make_calls(bad=100, when=at(800))
    evaluate(at(800))
    assert Incident.objects.count() == 2
    assert Incident.objects.open().count() == 1


def test_the_worst_value_is_remembered():
    make_rule()
    make_calls(good=30, bad=70)
    evaluate(NOON)
    make_calls(bad=100, when=at(10))
    evaluate(at(10))
    make_calls(good=300, when=at(20))
    evaluate(at(20))
    assert the_incident().worst_value == 0.15


def test_a_new_incident_queues_one_message_a_route():
    make_rule(severity=20)
    make_route(name="all")
    make_route(name="only critical", minimum_severity=30)
    make_route(name="off", enabled=False)
    make_calls(good=30, bad=70)
    evaluate(NOON)
    evaluate(at(5))
    delivery = Delivery.objects.get()
    assert (delivery.route_name, delivery.kind, delivery.next_attempt_at) == ("all", "firing", NOON)


def test_only_routes_told_of_the_firing_are_told_of_the_end():
    make_rule()
    make_route(name="early")
    make_calls(good=30, bad=70)
    evaluate(NOON)
    make_route(name="late")
    make_calls(good=100, when=at(400))
    evaluate(at(400))
    assert list(Delivery.objects.order_by("pk").values_list("route_name", "kind")) == [
        ("early", "firing"),
        ("early", "resolved"),
    ]


@pytest.mark.parametrize("tools", [1, 12])
def test_an_evaluation_takes_as_many_queries_however_many_tools_there_are(tools, django_assert_num_queries):
    make_rule(name="a")
    make_rule(name="b", threshold=0.5)
    for number in range(tools):
        make_calls(good=100, tool=f"tool {number}")
    evaluate(NOON)
    # The transaction's two, lock, rules, states, calls and an upsert within savepoints, faults.
    with django_assert_num_queries(12):
        evaluate(at(5))


def test_it_steps_aside_while_another_evaluator_works(transactional_db):
    make_rule()
    make_calls(good=30, bad=70)
    answers = []

    def other():
        answers.append(evaluate(NOON))
        connection.close()

    with transaction.atomic():
        assert take_lock()
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert answers == [None]
    assert evaluate(NOON) == 1


def test_many_evaluators_at_once_open_one_incident(transactional_db):
    make_rule()
    make_route()
    make_calls(good=30, bad=70)
    barrier = Barrier(6)

    def one():
        barrier.wait()
        evaluate(NOON)
        connection.close()

    threads = [Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Incident.objects.count() == 1
    assert Delivery.objects.count() == 1


def test_long_windows_read_steps_of_a_minute():
    make_rule(window_s=7200)
    make_calls(good=30, bad=70, step_s=60)
    assert evaluate(NOON) == 1
