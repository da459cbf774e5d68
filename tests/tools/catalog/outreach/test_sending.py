"""What is sent, stored, counted and given back, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from tools.catalog.outreach import quota
from tools.catalog.outreach.gateway import configured_gateway, retry_after_s
from tools.catalog.outreach.loopback import Message, Reply, error
from tools.catalog.outreach.models import DailyQuota, OptOut, SmsMessage
from tools.catalog.outreach.sending import Order, refresh, send
from tools.errors import ProviderError, ReturnedFailure

pytestmark = pytest.mark.django_db
NUMBER = "+442079460958"


def order(call="call_1", to=NUMBER, body="Hello", **more):
    return Order(tool_call_id=call, phone_number=to, body=body, now=more.pop("now", timezone.now()), **more)


def left(number=NUMBER):
    return quota.left(number, timezone.now().date())


def test_a_message_is_stored_with_the_gateways_answer(gateway):
    message = send(order(body="€5 off"), configured_gateway())
    assert (message.state, message.gateway_status, message.segments) == ("accepted", "queued", 1)
    assert message.gateway_answer["sid"] == message.gateway_sid == gateway.messages[0].sid
    assert (gateway.messages[0].to, gateway.messages[0].sender, gateway.messages[0].body) == (
        NUMBER,
        "+14155550100",
        "€5 off",
    )
    assert left() == 4


def test_a_second_try_of_a_call_that_got_through_sends_nothing(gateway):
    first, second = (send(order(), configured_gateway()) for _ in range(2))
    assert first.pk == second.pk
    assert (len(gateway.messages), left()) == (1, 4)


def test_another_call_with_the_same_text_is_another_message(gateway):
    send(order("call_1"), configured_gateway())
    send(order("call_2"), configured_gateway())
    send(order("call_1", session_id="another conversation"), configured_gateway())
    assert (len(gateway.messages), left()) == (3, 2)


@pytest.mark.parametrize(
    ("fault", "code", "after_s"),
    [
        (error(429, 20429, "Too Many Requests", **{"Retry-After": "7"}), "sms_gateway_busy", 7.0),
        (error(500, 20500, "An internal server error has occurred"), "sms_gateway_failed", None),
        (error(503, 20503, "Unavailable", **{"Retry-After": "2"}), "sms_gateway_failed", 2.0),
        (Reply(503, {}, {"Retry-After": "3"}), "sms_gateway_failed", 3.0),
    ],
)
def test_trouble_of_the_gateway_may_be_retried_and_gives_the_quota_back(gateway, fault, code, after_s):
    gateway.faults = [fault]
    with pytest.raises(ProviderError) as raised:
        send(order(), configured_gateway())
    assert (raised.value.code, raised.value.retryable, raised.value.retry_after_s) == (code, True, after_s)
    assert (SmsMessage.objects.get().state, left()) == ("refused", 5)
    assert send(order(), configured_gateway()).state == "accepted"
    assert (len(gateway.messages), SmsMessage.objects.count(), left()) == (1, 1, 4)


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        ("+15005550001", 21211, "not a valid phone number"),
        ("+15005550002", 21612, "not currently reachable"),
        ("+15005550003", 21408, "Permission"),
        ("+15005550009", 21614, "not a mobile number"),
    ],
)
def test_a_message_that_the_gateway_refuses_is_not_retried_and_gives_the_quota_back(gateway, number, code, said):
    with pytest.raises(ReturnedFailure, match=said) as raised:
        send(order(to=number), configured_gateway())
    assert (raised.value.code, raised.value.retryable) == ("sms_refused", False)
    assert f"(error {code})" in str(raised.value)
    assert SmsMessage.objects.get().gateway_answer["code"] == code
    assert left(number) == 5


def test_whoever_unsubscribed_at_the_gateway_is_opted_out_here(gateway):
    for _ in range(2):
        with pytest.raises(ReturnedFailure) as raised:
            send(order(to="+15005550004"), configured_gateway())
        assert raised.value.code == "recipient_opted_out"
    assert OptOut.objects.get().phone_number == "+15005550004"


def test_nobody_who_opted_out_is_written_to(gateway):
    OptOut.objects.create(phone_number=NUMBER)
    with pytest.raises(ReturnedFailure, match="has opted out") as raised:
        send(order(), configured_gateway())
    assert raised.value.code == "recipient_opted_out"
    assert not gateway.messages
    assert not SmsMessage.objects.exists()
    assert not DailyQuota.objects.exists()


def test_the_sixth_message_of_a_utc_day_is_refused_and_the_first_of_the_next_is_sent(gateway):
    evening = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    for index in range(5):
        send(order(f"call_{index}", now=evening), configured_gateway())
    with pytest.raises(ReturnedFailure, match="has had 5 messages today") as raised:
        send(order("call_5", now=evening), configured_gateway())
    assert raised.value.code == "daily_quota_used"
    assert send(order("call_5", now=evening + timedelta(minutes=1)), configured_gateway()).state == "accepted"
    assert len(gateway.messages) == 6


def test_a_message_that_was_taken_without_an_answer_is_found_by_the_retry_and_not_sent_twice(gateway):
    gateway.silent = 1
    with pytest.raises(ProviderError, match="did not say whether it took the message") as raised:
        send(order(), configured_gateway())
    assert (raised.value.code, raised.value.retryable) == ("sms_outcome_unknown", True)
    assert (SmsMessage.objects.get().state, left()) == ("unknown", 4)
    message = send(order(), configured_gateway())
    assert (message.state, message.gateway_sid) == ("accepted", gateway.messages[0].sid)
    assert (len(gateway.messages), left()) == (1, 4)


def test_a_message_that_was_lost_on_the_way_is_sent_by_the_retry(gateway):
    gateway.faults = [Reply(502, {"error": "a proxy's page"})]
    with pytest.raises(ProviderError, match="HTTP 502 without the gateway's own words"):
        send(order(), configured_gateway())
    assert send(order(), configured_gateway()).state == "accepted"
    assert (len(gateway.messages), left()) == (1, 4)


def test_the_retry_does_not_take_another_calls_message_for_its_own(gateway):
    send(order("call_1"), configured_gateway())
    gateway.faults = [Reply(504, {})]
    with pytest.raises(ProviderError):
        send(order("call_2"), configured_gateway())
    send(order("call_2"), configured_gateway())
    assert (len(gateway.messages), left()) == (2, 3)
    assert SmsMessage.objects.values("gateway_sid").distinct().count() == 2


def test_the_retry_does_not_take_an_old_message_with_the_same_text_for_its_own(gateway, settings):
    earlier = timezone.now().timestamp() - 600
    gateway.messages.append(Message("SM0", NUMBER, settings.SMS_SENDER, "Hello", earlier))
    gateway.faults = [Reply(504, {})]
    with pytest.raises(ProviderError):
        send(order(), configured_gateway())
    assert send(order(), configured_gateway()).gateway_sid == gateway.messages[1].sid


def test_a_try_that_overlaps_another_of_its_call_sends_nothing(gateway):
    message = send(order(), configured_gateway())
    SmsMessage.objects.filter(pk=message.pk).update(state="claimed")
    with pytest.raises(ProviderError, match="still sending") as raised:
        send(order(), configured_gateway())
    assert (raised.value.code, raised.value.retryable, len(gateway.messages)) == ("sms_in_flight", True, 1)


@pytest.mark.parametrize("refused_before", [False, True])
@pytest.mark.django_db(transaction=True)
def test_four_tries_of_one_call_at_once_send_one_message(gateway, refused_before):
    together = Barrier(4)

    def attempt():
        try:
            return send(order(now=datetime(2026, 11, 21, tzinfo=UTC)), configured_gateway()).state
        except ProviderError as raised:
            return raised.code

    def attempt_together(_):
        together.wait(10)
        try:
            return attempt()
        finally:
            connection.close()

    if refused_before:
        gateway.faults = [error(503, 20503, "Unavailable")]
        assert attempt() == "sms_gateway_failed"

    with ThreadPoolExecutor(4) as threads:
        outcomes = set(threads.map(attempt_together, range(4)))
    assert "accepted" in outcomes <= {"accepted", "sms_in_flight"}
    assert (len(gateway.messages), DailyQuota.objects.get().sent) == (1, 1)


def test_a_gateway_that_is_away_may_be_retried_and_costs_no_quota(gateway, settings):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9"
    with pytest.raises(ProviderError, match="cannot be reached") as raised:
        send(order(), configured_gateway())
    assert (raised.value.code, raised.value.retryable, left()) == ("sms_gateway_unreachable", True, 5)


def test_wrong_credentials_are_not_retried_and_never_shown(gateway, settings):
    settings.SMS_GATEWAY_TOKEN = "wrong-secret"
    with pytest.raises(ProviderError, match="refuses our credentials") as raised:
        send(order(), configured_gateway())
    assert (raised.value.code, raised.value.retryable) == ("sms_gateway_credentials", False)
    assert "wrong-secret" not in str(raised.value) + repr(configured_gateway()) + str(
        SmsMessage.objects.get().gateway_answer
    )


def test_the_delivery_is_asked_of_the_gateway(gateway):
    taken, lost = (send(order(number, number), configured_gateway()) for number in (NUMBER, "+442079460999"))
    gateway.clock = lambda: gateway.messages[0].taken_at + 10
    assert refresh(taken, configured_gateway()).gateway_status == "delivered"
    assert refresh(lost, configured_gateway()).gateway_status == "undelivered"
    assert SmsMessage.objects.get(pk=lost.pk).gateway_answer["error_code"] == 30003


def test_sending_takes_a_known_number_of_queries(gateway, django_assert_num_queries):
    # savepoint, insert, lock, opt-out, quota, release; the answer
    with django_assert_num_queries(7):
        send(order(), configured_gateway())


def test_retry_after_is_read_as_seconds_and_as_a_date():
    now = datetime(2026, 11, 21, 8, 49, 37, tzinfo=UTC)
    assert retry_after_s("120", now) == 120.0
    assert retry_after_s("Sat, 21 Nov 2026 08:50:07 GMT", now) == 30.0
    assert retry_after_s("Sat, 21 Nov 2026 08:00:00 GMT", now) == 0.0
    assert retry_after_s("", now) is retry_after_s("soon", now) is None


def test_the_gateway_speaks_the_wire_format_that_its_clients_expect(gateway, settings):
    address = f"{settings.SMS_GATEWAY_URL}/2010-04-01/Accounts/{gateway.account}/Messages"
    to = {"To": NUMBER, "From": "+15005550006", "Body": "é" * 200}
    with httpx.Client(auth=(gateway.account, gateway.token)) as client:
        created = client.post(f"{address}.json", data=to)
        listed = client.get(f"{address}.json", params={"To": NUMBER, "PageSize": "1"}).json()["messages"]
        fetched = client.get(f"{address}/{created.json()['sid']}.json").json()
        missing = client.get(f"{address}/SM0.json")
        empty = client.post(f"{address}.json", data={"To": NUMBER, "From": "+15005550006"})
        stranger = client.post(f"{address}.json", data=to, auth=(gateway.account, "guess"))
    assert (created.status_code, created.json()["num_segments"], created.json()["status"]) == (201, "2", "queued")
    assert listed == [fetched] == [created.json()]
    assert (missing.status_code, missing.json()["code"]) == (404, 20404)
    assert (empty.status_code, empty.json()["code"], empty.json()["status"]) == (400, 21602, 400)
    assert (stranger.status_code, stranger.json()["code"]) == (401, 20003)
