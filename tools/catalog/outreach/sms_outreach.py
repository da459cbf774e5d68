"""The tool that sends text messages, follows them, and sums campaigns up."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from django.conf import settings
from django.utils import timezone
from pydantic import Field, StringConstraints
from rapidfuzz import process

from tools import Injected, tool
from tools.calls.call import ToolCall
from tools.catalog.outreach import quota
from tools.catalog.outreach.loopback_account import LOOPBACK_ACCOUNT, LOOPBACK_NOTE
from tools.catalog.outreach.models import Campaign, SmsMessage
from tools.catalog.outreach.probing import gateway_answers
from tools.catalog.outreach.segments import unusual_characters
from tools.catalog.outreach.sending import Order, refresh, send
from tools.catalog.outreach.statistics import CampaignStatistics, campaign_statistics
from tools.errors import InvalidArguments, ReturnedFailure

if TYPE_CHECKING:
    from tools.catalog.outreach.gateway import SmsGateway

Text = Annotated[str, StringConstraints(strip_whitespace=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReport:
    """One message. ``state`` is ours (accepted, refused, unknown), ``delivery`` the gateway's (queued, sent …)."""

    message_id: str
    state: str
    delivery: str
    phone_number: str
    campaign: str
    encoding: str
    segments: int
    sent_at: datetime
    left_today: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """One campaign that was named, or all."""

    campaigns: list[CampaignStatistics]


@tool(roles={"coach"}, rate="20/hour", retries=2, timeout_s=15, tags={"outreach"}, probe=gateway_answers)
def sms_outreach(
    phone_number: Text = "",
    message: Annotated[Text, Field(max_length=1600)] = "",
    campaign: Text = "",
    action: Literal["send", "status", "campaign_statistics"] = "send",
    message_id: Text = "",
    *,
    call: Injected[ToolCall],
) -> MessageReport | CampaignReport:
    """Send one text message (SMS) to a customer, see what became of it, or sum up a campaign.

    action "send" (the default) sends `message` to `phone_number`. It really goes out, so send only what the
    user has agreed to, and never repeat a message because an answer was slow: ask for its status instead. A
    number gets at most 5 messages a day (days are UTC), and none if its owner has opted out. The answer holds
    the message_id, the delivery so far, how many segments the message is billed as, and how many messages are
    left today.
    action "status" tells what became of the message with `message_id`. action "campaign_statistics" counts the
    messages, recipients, deliveries, refusals, segments and opt-outs of `campaign`, or of the 50 newest campaigns
    if that is empty.

    Args:
        phone_number: For "send": the recipient in E.164, with a plus sign and the country code, such as
            +442079460958. Spaces and dashes are taken out. A national number is refused, with a suggestion.
        message: For "send": the text, at most 1,600 characters. Up to 160 plain characters are one segment; an
            emoji or a curly quotation mark makes the limit 70. Say who is writing.
        campaign: For "send": the campaign that the message counts for, optional; it must exist and be open. For
            "campaign_statistics": the one campaign to sum up. Names look like renewals-2026.
        action: What to do.
        message_id: For "status": the message_id that "send" answered or named in its error.
    """
    if action == "status":
        return _status(message_id)
    if action == "campaign_statistics":
        return CampaignReport(_campaigns(campaign))
    if not phone_number or not message:
        missing = " and ".join(
            name for name, value in [("phone_number", phone_number), ("message", message)] if not value
        )
        raise InvalidArguments(
            f"To send a text message, give {missing} as well.", hint="needs phone_number and message"
        )
    number = _number(phone_number)
    gateway = _gateway()
    order = Order(
        tool_call_id=call.tool_call_id,
        phone_number=number,
        body=message,
        now=timezone.now(),
        campaign=_open_campaign(campaign) if campaign else None,
        caller_role=call.caller.role,
        session_id=call.caller.session_id,
    )
    return _report(send(order, gateway))


def _number(text: str) -> str:
    # Not above: its library is 58 modules, which most processes with this tool never ask.
    from tools.catalog.outreach.numbers import normalise

    return normalise(text, home=settings.SMS_SENDER)


def _gateway() -> "SmsGateway":
    # Not above: its HTTP client takes 6 MB, and comes with the first message.
    from tools.catalog.outreach.gateway import configured_gateway

    return configured_gateway()


def _status(message_id: str) -> MessageReport:
    if not message_id:
        raise InvalidArguments("To see what became of a message, give its message_id.", hint="needs message_id")
    try:
        found = SmsMessage.objects.select_related("campaign").filter(pk=uuid.UUID(message_id)).first()
    except ValueError:
        raise InvalidArguments(
            f"{message_id[:40]!r} is not a message_id: give the one that action 'send' answered.",
            code="invalid_message_id",
        ) from None
    if found is None:
        raise ReturnedFailure(
            f"There is no message {message_id!r}: give the message_id that 'send' answered.", code="not_found"
        )
    return _report(refresh(found, _gateway()))


def _campaigns(name: str) -> list[CampaignStatistics]:
    found = campaign_statistics(name)
    if name and not found:
        raise _no_campaign(name)
    return found


def _open_campaign(name: str) -> Campaign:
    campaign = Campaign.objects.filter(name=name).first()
    if campaign is None:
        raise _no_campaign(name)
    if not campaign.open:
        raise ReturnedFailure(
            f"The campaign {name!r} is closed: use another one, or none.", code="campaign_closed"
        )
    return campaign


def _no_campaign(name: str) -> ReturnedFailure:
    names = list(Campaign.objects.values_list("name", flat=True))
    close = process.extractOne(name, names, score_cutoff=60)
    hint = f"did you mean {close[0]!r}?" if close else ("there are " + ", ".join(names[:10]) if names else "")
    return ReturnedFailure(
        f"There is no campaign {name[:60]!r}" + (f": {hint}" if hint else "."), code="not_found", hint=hint
    )


def _report(sent: SmsMessage) -> MessageReport:
    unusual = unusual_characters(sent.body)
    notes = [LOOPBACK_NOTE] if settings.SMS_GATEWAY_ACCOUNT == LOOPBACK_ACCOUNT else []
    if unusual and sent.segments > 1:
        notes.append(f"Without the characters {unusual} the message would take fewer segments.")
    return MessageReport(
        message_id=str(sent.pk),
        state=sent.state,
        delivery=sent.gateway_status,
        phone_number=sent.phone_number,
        campaign=sent.campaign.name if sent.campaign else "",
        encoding=sent.encoding,
        segments=sent.segments,
        sent_at=sent.created_at,
        left_today=quota.left(sent.phone_number, timezone.now().astimezone(UTC).date()),
        note=" ".join(notes),
    )
