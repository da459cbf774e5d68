import json
import random
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from standardwebhooks import Webhook as Signer

from telemetry.alerts.channels.base import DeliveryError
from telemetry.alerts.deliver import LEASE, MAXIMUM_ATTEMPTS, backoff_s, claim, due, record, send_due, try_again
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.models import Delivery
from telemetry.alerts.outbox import tell_test
from tests.telemetry.alerts.builders import SECRET, make_calls, make_route, make_rule

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOURS = timedelta(hours=1)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def send(when: datetime = NOW) -> int:
    return send_due(when, random.Random(7))


def opened(posted: Any) -> dict[str, Any]:
    """The message of a request whose signature is right. (`verify` would refuse an injected time as too old.)"""
    identity, sent_at = posted.headers["webhook-id"], int(posted.headers["webhook-timestamp"])
    signature = Signer(SECRET).sign(identity, datetime.fromtimestamp(sent_at, UTC), posted.body.decode())
    assert posted.headers["webhook-signature"] == signature
    return json.loads(posted.body)


def break_crm(when: datetime = NOW) -> None:
    make_calls(good=30, bad=70, when=when)
    evaluate(when)


def mend_crm(when: datetime) -> None:
    make_calls(good=100, when=when)
    evaluate(when)


def statuses() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("pk").values_list("kind", "status"))


def test_firing_and_resolved_are_each_told_once_by_each_kind(receiver, inbox):
    make_rule(window_s=60)
    make_route("webhook", {"url": receiver.url})
    make_route("email", {"to": ["ops@example.com"]})
    break_crm()
    for seconds in range(0, 200, 5):
        if seconds == 120:
            mend_crm(later(120))
        evaluate(later(seconds))
        send(later(seconds))
    assert [mail["subject"] for mail in inbox.mails] == [
        "[SalesBoost] CRITICAL: crm is at 30 %, below 90 %",
        "[SalesBoost] Resolved: crm is back at 100 % after 2 min",
    ]
    bodies = [opened(posted) for posted in receiver.got]
    assert [body["type"] for body in bodies] == ["incident.firing", "incident.resolved"]
    assert bodies[0]["data"]["evidence"]["total"] == 100


def test_a_receiver_that_was_down_is_told_both_in_order(receiver):
    make_rule()
    make_route("webhook", {"url": receiver.url})
    receiver.stop()
    break_crm()
    assert send() == 0
    mend_crm(later(400))
    assert send(later(400)) == 0
    receiver.start()
    assert send(later(3600)) == 2
    assert send(later(7200)) == 0
    assert [b"incident.firing" in posted.body for posted in receiver.got] == [True, False]
    assert statuses() == [("firing", "sent"), ("resolved", "sent")]


def test_a_retry_repeats_key_and_body(receiver):
    make_rule()
    make_route("webhook", {"url": receiver.url})
    break_crm()
    receiver.status = 503
    send()
    receiver.status = 200
    send(later(60))
    first, second = receiver.got
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert opened(first) == opened(second)


def test_the_answer_is_stored(receiver):
    receiver.status, receiver.answer = 200, b"thanks"
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    send()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status, delivery.response_excerpt) == ("sent", 200, "thanks")
    assert (delivery.attempts, delivery.sent_at, delivery.error) == (1, NOW, "")


def test_no_secret_that_a_receiver_says_back_is_stored(receiver):
    webhook = "https://hooks.sl" + "ack.com/services/T0AAAAAAA/B0BBBBBBB/" + "c0D1" * 6
    receiver.status, receiver.answer = (
        404,
        f'no such hook {webhook}, password="hunter2", by jane@acme.com'.encode(),
    )
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    send()
    delivery = Delivery.objects.get()
    assert delivery.response_excerpt == 'no such hook [redacted], password="[redacted]", by jane@acme.com'
    error = DeliveryError(f"Could not post to {webhook}: refused")
    record(delivery, error, NOW, random.Random(1))
    assert Delivery.objects.get().error == "Could not post to [redacted]: refused"


def test_a_busy_receiver_is_asked_again_later_and_later(receiver):
    receiver.status = 500
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    when, waits = NOW, []
    for _ in range(4):
        send(when)
        delivery = Delivery.objects.get()
        waits.append((delivery.next_attempt_at - when).total_seconds())
        when = delivery.next_attempt_at
    assert waits == [pytest.approx(10 * 3**n, rel=0.21) for n in range(4)]
    assert (delivery.status, delivery.error) == ("pending", "It answered 500 Internal Server Error.")


def test_after_a_day_of_attempts_it_has_failed_for_all_to_see(receiver):
    receiver.status = 500
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    when = NOW
    while (delivery := Delivery.objects.get()).status == "pending":
        when = delivery.next_attempt_at
        send(when)
    assert (delivery.status, delivery.attempts, len(receiver.got)) == (
        "failed",
        MAXIMUM_ATTEMPTS,
        MAXIMUM_ATTEMPTS,
    )
    assert 18 * HOURS < when - NOW < 30 * HOURS


def test_retries_are_spread_and_bounded():
    rng = random.Random(7)
    waits = [backoff_s(20, rng) for _ in range(200)]
    assert 0.8 * 4 * 3600 <= min(waits) < max(waits) <= 1.2 * 4 * 3600
    assert len(set(waits)) == 200


def test_the_receiver_may_ask_for_a_longer_wait(receiver):
    receiver.status, receiver.headers = 429, {"retry-after": "600"}
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    send()
    assert Delivery.objects.get().next_attempt_at == later(600)


def test_a_final_no_is_not_asked_again(receiver):
    receiver.status = 410
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    send()
    send(later(3600))
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.error, len(receiver.got)) == ("failed", "It answered 410 Gone.", 1)


def test_who_was_never_told_it_broke_is_not_told_it_works(receiver):
    make_rule()
    make_route("webhook", {"url": receiver.url})
    receiver.status = 410
    break_crm()
    mend_crm(later(400))
    send(later(400))
    receiver.status = 200
    send(later(405))
    assert statuses() == [("firing", "failed"), ("resolved", "skipped")]
    assert len(receiver.got) == 1


def test_a_route_switched_off_is_not_told(receiver):
    route = make_route("webhook", {"url": receiver.url})
    tell_test(route, NOW)
    route.enabled = False
    route.save()
    assert send() == 0
    assert statuses() == [("test", "skipped")]


def test_a_deleted_route_leaves_the_record(receiver):
    route = make_route("webhook", {"url": receiver.url}, name="pager")
    tell_test(route, NOW)
    route.delete()
    send()
    delivery = Delivery.objects.get()
    assert (delivery.route_name, delivery.status) == ("pager", "skipped")


def test_a_broken_configuration_fails_and_says_why():
    tell_test(make_route("webhook", {"uri": "https://example.com"}), NOW)
    send()
    assert Delivery.objects.get().error == 'The route cannot work: Write {"url": …}, and nothing else.'


def test_one_bad_route_does_not_hold_up_another(receiver, inbox):
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    tell_test(make_route("email", {"to": ["ops@example.com"]}), NOW)
    receiver.stop()
    assert send() == 1
    assert inbox.mails[0]["subject"] == "[SalesBoost] TEST: the route email works"


def test_two_senders_never_take_the_same_delivery(receiver):
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    first, second = due(NOW).get(), due(NOW).get()
    assert claim(first, NOW)
    assert not claim(second, NOW)


def test_many_senders_at_once_send_each_message_once(transactional_db, receiver):
    route = make_route("webhook", {"url": receiver.url})
    for number in range(12):
        tell_test(route, later(-number))
    barrier = Barrier(4)

    def one():
        barrier.wait()
        send()
        connection.close()

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == len({posted.headers["webhook-id"] for posted in receiver.got}) == 12


def test_a_sender_that_died_only_delays_its_delivery(receiver):
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    claim(due(NOW).get(), NOW)
    assert send(NOW + LEASE - timedelta(seconds=1)) == 0
    assert send(NOW + LEASE) == 1


def test_the_same_message_is_queued_once(receiver):
    route = make_route("webhook", {"url": receiver.url})
    tell_test(route, NOW)
    tell_test(route, NOW)
    assert Delivery.objects.count() == 1


def test_a_failed_delivery_can_be_tried_again(receiver):
    receiver.status = 410
    tell_test(make_route("webhook", {"url": receiver.url}), NOW)
    send()
    receiver.status = 200
    assert try_again(Delivery.objects.get(), later(60))
    assert not try_again(Delivery.objects.get(), later(60))
    assert send(later(60)) == 1


def test_an_empty_outbox_takes_three_queries(django_assert_num_queries):
    with django_assert_num_queries(3):
        send()
