"""The gateway is asked whether it answers, and no message goes out."""

import pytest

from tools.catalog.outreach.loopback import Reply
from tools.catalog.outreach.models import SmsMessage
from tools.catalog.outreach.probing import gateway_answers
from tools.errors import ProviderError


@pytest.mark.django_db
def test_a_gateway_that_answers_is_well_and_was_sent_nothing(gateway):
    gateway_answers()
    assert (gateway.messages, SmsMessage.objects.count()) == ([], 0)


def test_wrong_credentials_are_told(gateway, settings):
    settings.SMS_GATEWAY_TOKEN = "another"
    with pytest.raises(ProviderError, match="refuses our credentials"):
        gateway_answers()


def test_a_gateway_in_trouble_is_told_with_its_status(gateway, monkeypatch):
    monkeypatch.setattr(type(gateway), "_list", lambda self, query: Reply(503, {"message": "busy"}))
    with pytest.raises(ProviderError, match="it answers 503"):
        gateway_answers()


def test_one_that_is_away_or_not_set_is_told(settings):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9"
    with pytest.raises(ProviderError, match="cannot be reached"):
        gateway_answers()
    settings.SMS_GATEWAY_URL = ""
    with pytest.raises(ProviderError, match="No SMS gateway is configured"):
        gateway_answers()
