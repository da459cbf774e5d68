import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Verifier

from telemetry.alerts.channels.base import ConfigError, DeliveryError, Message
from telemetry.alerts.channels.webhook import Webhook
from tests.telemetry.alerts.builders import SECRET

PAYLOAD = {"type": "route.test", "timestamp": "2026-11-20T12:00:00Z", "data": {"summary": "crm is at 30 %: ü"}}


def message():
    # The library that verifies compares with the true time.
    return Message("msg_1", "subject", PAYLOAD, datetime.now(UTC))


async def failure(receiver, status, **headers):
    receiver.status, receiver.headers, receiver.answer = status, headers, b"no thanks"
    with pytest.raises(DeliveryError) as caught:
        await Webhook({"url": receiver.url}, SECRET).send(message())
    return caught.value


async def test_the_signature_verifies(receiver):
    await Webhook({"url": receiver.url}, SECRET).send(message())
    (posted,) = receiver.got
    assert Verifier(SECRET).verify(posted.body, posted.headers) == PAYLOAD
    assert posted.headers["webhook-id"] == "msg_1"
    assert posted.headers["content-type"] == "application/json"


async def test_the_answer_is_kept_and_cut(receiver):
    receiver.status, receiver.answer = 200, b"x" * 10_000
    receipt = await Webhook({"url": receiver.url}, SECRET).send(message())
    assert (receipt.status, len(receipt.excerpt)) == (200, 500)


@pytest.mark.parametrize("status", [404, 408, 409, 425, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(receiver, status):
    error = await failure(receiver, status)
    assert (error.permanent, error.status, error.excerpt) == (False, status, "no thanks")


@pytest.mark.parametrize("status", [304, 400, 401, 403, 405, 410, 413, 422])
async def test_what_says_our_request_is_wrong_is_final(receiver, status):
    assert (await failure(receiver, status)).permanent


async def test_redirects_are_not_followed(receiver):
    error = await failure(receiver, 307, location=receiver.url)
    assert error.permanent
    assert "set its final address" in str(error)
    assert len(receiver.got) == 1


async def test_the_receiver_may_say_when_to_come_back(receiver):
    assert (await failure(receiver, 429, **{"retry-after": "120"})).retry_after_s == 120.0


async def test_a_receiver_that_is_down_may_come_back(receiver):
    receiver.stop()
    with pytest.raises(DeliveryError, match=r"Could not post to 127\.0\.0\.1") as caught:
        await Webhook({"url": receiver.url}, SECRET).send(message())
    assert not caught.value.permanent


async def test_a_private_address_is_refused_for_good(receiver, settings):
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(DeliveryError, match="add it to OUTBOUND_ALLOW") as caught:
        await Webhook({"url": receiver.url}, SECRET).send(message())
    assert caught.value.permanent
    assert receiver.got == []


async def test_the_body_is_the_payload_as_stored(receiver):
    await Webhook({"url": receiver.url}, SECRET).send(message())
    assert json.loads(receiver.got[0].body) == PAYLOAD


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "ünicode"])
def test_a_secret_that_cannot_sign_is_refused(secret):
    with pytest.raises(ConfigError, match="base64") as caught:
        Webhook({"url": "https://example.com"}, secret)
    assert caught.value.field == "secret"


@pytest.mark.parametrize(
    "config", [{}, {"url": ""}, {"url": 5}, {"uri": "https://x"}, {"url": "https://x", "method": "GET"}, [], None]
)
def test_a_configuration_that_cannot_work_is_refused(config):
    with pytest.raises(ConfigError):
        Webhook(config, SECRET)
