"""The tool as callers meet it."""

import pytest

from tools.catalog.outreach.loopback import error
from tools.catalog.outreach.models import Campaign, OptOut, SmsMessage
from tools.catalog.outreach.sms_outreach import sms_outreach
from tools.errors import InvalidArguments, ProviderError, RateLimited, ReturnedFailure

pytestmark = pytest.mark.django_db
NUMBER = "+442079460958"
PAYLOAD = {"phone_number": NUMBER, "message": "Hello from SalesBoost"}


@pytest.fixture
def executor(make_executor, gateway):
    return make_executor(sms_outreach)


@pytest.mark.django_db(transaction=True)
async def test_the_payload_that_people_send_already_works(executor, gateway):
    result = await executor.execute(name="sms_outreach", payload=PAYLOAD, caller_role="coach", session_id="s1")
    report = result.result
    assert (report["state"], report["delivery"], report["segments"], report["left_today"]) == (
        "accepted",
        "queued",
        1,
        4,
    )
    stored = await SmsMessage.objects.aget(pk=report["message_id"])
    assert (stored.tool_call_id, stored.caller_role, stored.session_id) == (result.tool_call_id, "coach", "s1")
    assert [message.body for message in gateway.messages] == [PAYLOAD["message"]]


@pytest.mark.django_db(transaction=True)
async def test_a_retry_inside_a_call_sends_one_message_and_counts_one(executor, gateway):
    gateway.silent = 1
    gateway.faults = [error(503, 20503, "Service is temporarily unavailable", **{"Retry-After": "1"})]
    result = await executor.execute(name="sms_outreach", payload=PAYLOAD, caller_role="coach")
    # The first try is refused, the second taken without an answer, the third finds what the second sent.
    assert (result.retry_count, result.result["left_today"], len(gateway.messages)) == (2, 4, 1)


@pytest.mark.django_db(transaction=True)
async def test_a_call_that_fails_for_good_leaves_the_quota_whole(executor, gateway):
    gateway.faults = [error(500, 20500, "An internal server error has occurred")] * 3
    with pytest.raises(ProviderError) as raised:
        await executor.execute(name="sms_outreach", payload=PAYLOAD, caller_role="coach")
    assert (raised.value.code, raised.value.retry_count, gateway.messages) == ("sms_gateway_failed", 2, [])
    result = await executor.execute(name="sms_outreach", payload=PAYLOAD, caller_role="coach")
    assert result.result["left_today"] == 4


@pytest.mark.django_db(transaction=True)
async def test_twenty_calls_an_hour_are_allowed(executor):
    payload = {"action": "campaign_statistics"}
    for _ in range(20):
        await executor.execute(name="sms_outreach", payload=payload, caller_role="coach")
    with pytest.raises(RateLimited):
        await executor.execute(name="sms_outreach", payload=payload, caller_role="coach")


def test_without_a_gateway_the_error_says_what_to_set(make_call):
    with pytest.raises(ProviderError, match="set SMS_GATEWAY_URL") as raised:
        sms_outreach(**PAYLOAD, call=make_call())
    assert (raised.value.code, raised.value.retryable) == ("sms_gateway_not_configured", False)


def test_a_number_without_a_country_code_is_refused_before_anything_is_sent(gateway, make_call):
    with pytest.raises(InvalidArguments, match=r"did you mean \+14155552671\?"):
        sms_outreach(phone_number="(415) 555-2671", message="Hello", call=make_call())
    assert not gateway.messages


@pytest.mark.parametrize(
    ("payload", "missing"),
    [({}, "phone_number and message"), ({"phone_number": NUMBER}, "message"), ({"message": "Hi"}, "phone_number")],
)
def test_what_is_missing_for_a_message_is_named(payload, missing, make_call):
    with pytest.raises(InvalidArguments, match=f"give {missing} as well"):
        sms_outreach(**payload, call=make_call())


def test_a_message_counts_for_its_campaign(gateway, make_call):
    Campaign.objects.create(name="renewals-2026")
    report = sms_outreach(**PAYLOAD, campaign="renewals-2026", call=make_call())
    assert report.campaign == "renewals-2026"
    assert SmsMessage.objects.get().campaign.name == "renewals-2026"


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("renewal-2026", "not_found", "did you mean 'renewals-2026'"),
        ("spring-offer", "campaign_closed", "is closed"),
    ],
)
def test_a_campaign_that_takes_no_messages_is_refused(gateway, make_call, name, code, sentence):
    Campaign.objects.create(name="renewals-2026")
    Campaign.objects.create(name="spring-offer", open=False)
    with pytest.raises(ReturnedFailure, match=sentence) as raised:
        sms_outreach(**PAYLOAD, campaign=name, call=make_call())
    assert (raised.value.code, gateway.messages) == (code, [])


def test_the_status_of_a_message_is_what_the_gateway_says_now(gateway, make_call):
    sent = sms_outreach(**PAYLOAD, call=make_call())
    gateway.clock = lambda: gateway.messages[0].taken_at + 10
    report = sms_outreach(action="status", message_id=sent.message_id, call=make_call("call_2"))
    assert (sent.delivery, report.delivery, report.message_id) == ("queued", "delivered", sent.message_id)


@pytest.mark.parametrize(
    ("message_id", "kind", "sentence"),
    [
        ("", InvalidArguments, "give its message_id"),
        ("SM123", InvalidArguments, "is not a message_id"),
        ("00000000-0000-4000-8000-000000000000", ReturnedFailure, "There is no message"),
    ],
)
def test_a_status_needs_a_message_that_exists(gateway, make_call, message_id, kind, sentence):
    with pytest.raises(kind, match=sentence):
        sms_outreach(action="status", message_id=message_id, call=make_call())


def test_a_dear_message_names_the_characters_that_make_it_so(gateway, make_call):
    report = sms_outreach(phone_number=NUMBER, message="It’s " + "a" * 100, call=make_call())
    assert (report.encoding, report.segments) == ("UCS-2", 2)
    assert "Without the characters ’ " in report.note


def test_a_campaign_is_summed_up(gateway, make_call):
    Campaign.objects.create(name="renewals-2026")
    for index, number in enumerate([NUMBER, NUMBER, "+442079460999", "+15005550009"]):
        try:
            sms_outreach(
                phone_number=number, message="a" * 161, campaign="renewals-2026", call=make_call(f"call_{index}")
            )
        except ReturnedFailure as refused:
            assert number == "+15005550009", refused
    gateway.clock = lambda: gateway.messages[0].taken_at + 10
    for message in SmsMessage.objects.filter(state="accepted"):
        sms_outreach(action="status", message_id=str(message.pk), call=make_call())
    OptOut.objects.create(phone_number=NUMBER)
    (counted,) = sms_outreach(action="campaign_statistics", campaign="renewals-2026", call=make_call()).campaigns
    assert (counted.messages, counted.accepted, counted.delivered, counted.undelivered, counted.refused) == (
        4,
        3,
        2,
        1,
        1,
    )
    assert (counted.segments, counted.recipients, counted.opted_out, counted.delivery_rate) == (6, 2, 1, 0.6667)


@pytest.mark.parametrize("campaigns", [1, 30])
def test_the_statistics_of_all_campaigns_take_one_query(make_call, django_assert_num_queries, campaigns):
    for index in range(campaigns):
        Campaign.objects.create(name=f"campaign-{index}")
    with django_assert_num_queries(1):
        report = sms_outreach(action="campaign_statistics", call=make_call())
    assert len(report.campaigns) == campaigns


def test_an_unknown_campaign_has_no_statistics(make_call):
    Campaign.objects.create(name="renewals-2026")
    with pytest.raises(ReturnedFailure, match="There is no campaign 'autumn': there are renewals-2026"):
        sms_outreach(action="campaign_statistics", campaign="autumn", call=make_call())


def test_a_model_is_told_what_every_argument_is():
    properties = sms_outreach.schema.parameters["properties"]
    assert set(properties) == {"phone_number", "message", "campaign", "action", "message_id"}
    assert all(len(argument["description"]) >= 10 for argument in properties.values())
    assert properties["action"]["enum"] == ["send", "status", "campaign_statistics"]
    assert sms_outreach.policy.roles == {"coach"}
    assert (str(sms_outreach.policy.rate), sms_outreach.policy.retries) == ("20/hour", 2)
