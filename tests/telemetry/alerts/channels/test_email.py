import pytest

from telemetry.alerts.channels.base import ConfigError, DeliveryError, Message
from telemetry.alerts.channels.email import Email
from tests.telemetry.alerts.builders import NOON

DATA = {
    "incident_id": 7,
    "url": "http://salesboost.test/admin/alerts/incident/7/change/",
    "rule": "Success rate",
    "severity": "critical",
    "summary": "crm is at 30 %, below 90 %",
    "detail": "30 of 100 calls succeeded in 5 min.",
    "cause": "100 % of the failures are timeouts.",
    "began_at": "2026-11-20T12:00:00Z",
    "resolved_at": None,
    "evidence": {"providers": [{"provider": "openai", "model": "gpt", "failed": 70, "total": 100}]},
}


def message(subject="[SalesBoost] CRITICAL: crm is at 30 %, below 90 %", **data):
    payload = {"type": "incident.firing", "timestamp": "", "data": DATA | data}
    return Message("msg_1", subject, payload, NOON, "incident-7")


def parts(inbox):
    (mail,) = inbox.mails
    return mail, mail.get_body("plain").get_content(), mail.get_body("html").get_content()


async def test_the_mail_says_what_broke_and_where_to_look(inbox):
    await Email({"to": ["ops@example.com"]}, "").send(message())
    mail, plain, html = parts(inbox)
    assert mail["subject"] == "[SalesBoost] CRITICAL: crm is at 30 %, below 90 %"
    for body in (plain, html):
        for said in (
            "crm is at 30 %, below 90 %.",
            "2026-11-20 12:00:00 UTC",
            DATA["detail"],
            DATA["cause"],
            DATA["url"],
        ):
            assert said in body


async def test_one_mail_goes_to_all_addresses(inbox):
    await Email({"to": ["a@example.com", "b@example.com"]}, "").send(message())
    assert parts(inbox)[0]["to"] == "a@example.com, b@example.com"


async def test_a_repeat_has_the_same_id_and_an_incident_is_one_thread(inbox):
    channel = Email({"to": ["ops@example.com"]}, "")
    await channel.send(message())
    await channel.send(message())
    assert [mail["message-id"] for mail in inbox.mails] == ["<msg_1@salesboost>"] * 2
    assert {mail["references"] for mail in inbox.mails} == {"<incident-7@salesboost>"}


async def test_a_tool_name_cannot_add_headers_or_markup(inbox):
    await Email({"to": ["ops@example.com"]}, "").send(
        message("x\r\nBcc: all@example.com", summary="<script>x</script>")
    )
    mail, _, html = parts(inbox)
    assert mail["bcc"] is None
    assert "<script>" not in html


async def test_a_refused_address_is_final(inbox):
    inbox.refusal = "550 no such user"
    with pytest.raises(DeliveryError, match=r"ops@example.com: 550 no such user") as caught:
        await Email({"to": ["ops@example.com"]}, "").send(message())
    assert (caught.value.permanent, caught.value.status) == (True, 550)


async def test_a_busy_mail_server_is_tried_again(inbox):
    inbox.refusal = "451 greylisted"
    with pytest.raises(DeliveryError) as caught:
        await Email({"to": ["ops@example.com"]}, "").send(message())
    assert not caught.value.permanent


async def test_without_a_mail_server_the_receipt_says_so(settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    receipt = await Email({"to": ["ops@example.com"]}, "").send(message())
    assert "EMAIL_URL is not set" in receipt.excerpt
    assert "crm is at 30 %" in capsys.readouterr().out


async def test_an_unreachable_mail_server_is_tried_again(inbox, settings):
    settings.EMAIL_PORT = 1
    with pytest.raises(DeliveryError, match="cannot be reached") as caught:
        await Email({"to": ["ops@example.com"]}, "").send(message())
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "config", [{}, {"to": []}, {"to": "ops@example.com"}, {"to": ["nobody"]}, {"to": [5]}, None]
)
def test_a_configuration_that_cannot_work_is_refused(config):
    with pytest.raises(ConfigError):
        Email(config, "")
