"""Sends a message at most once a call: claims it in Postgres, hands it to the gateway, stores the answer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction

from tools.catalog.outreach import quota
from tools.catalog.outreach.models import Campaign, OptOut, SmsMessage
from tools.catalog.outreach.refusals import OPTED_OUT, NotSent, PerhapsSent
from tools.catalog.outreach.segments import segment
from tools.errors import ProviderError, ReturnedFailure, ToolError

if TYPE_CHECKING:
    from tools.catalog.outreach.gateway import SmsGateway

State = SmsMessage.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message that somebody wants sent. ``tool_call_id`` is the same in every try of one call."""

    tool_call_id: str
    phone_number: str
    body: str
    now: datetime
    campaign: Campaign | None = None
    caller_role: str = ""
    session_id: str = ""

    @property
    def key(self) -> str:
        """The same for every try of one call. Some models number their calls anew in each conversation."""
        parts = [self.session_id, self.tool_call_id, self.phone_number, self.body]
        return sha256("\0".join(parts).encode()).hexdigest()


def send(order: Order, gateway: "SmsGateway") -> SmsMessage:
    """The message, taken by the gateway. A retry of a call that got through returns what that one sent.

    Raises ReturnedFailure (opted out, five a day, refused) and ProviderError (gateway away or unclear).
    """
    message, before = _claim(order)
    if before == State.ACCEPTED:
        return message
    if before == State.UNKNOWN and (record := _look_again(message, gateway)):
        return _accept(message, record)
    try:
        record = gateway.send(message.phone_number, message.body)
    except NotSent as refused:
        _release(message, refused.answer)
        raise refused.error from refused
    except PerhapsSent as unclear:
        _store(message, State.UNKNOWN, {"message": str(unclear)})
        raise ProviderError(
            f"The SMS gateway did not say whether it took the message: {unclear}. "
            f"Ask by action 'status' and message_id '{message.pk}' before sending it again.",
            code="sms_outcome_unknown",
        ) from unclear
    return _accept(message, record)


def refresh(message: SmsMessage, gateway: "SmsGateway") -> SmsMessage:
    """*message* with what the gateway says of it now; one that was perhaps sent is looked for."""
    if message.gateway_sid:
        return _accept(message, gateway.fetch(message.gateway_sid))
    if message.state != State.REFUSED and (record := _earlier_try(message, gateway)):
        return _accept(message, record)
    return message


def _claim(order: Order) -> tuple[SmsMessage, str]:
    """The call's row, held by one try at a time and counted in the quota; and how an earlier try left it."""
    today = order.now.astimezone(UTC).date()
    counted = segment(order.body)
    new = SmsMessage(
        idempotency_key=order.key,
        tool_call_id=order.tool_call_id,
        phone_number=order.phone_number,
        body=order.body,
        campaign=order.campaign,
        encoding=counted.encoding,
        segments=counted.segments,
        quota_day=today,
        caller_role=order.caller_role,
        session_id=order.session_id,
        created_at=order.now,
    )
    with transaction.atomic():
        SmsMessage.objects.bulk_create([new], ignore_conflicts=True)
        message = SmsMessage.objects.select_for_update().get(idempotency_key=order.key)
        before = message.state if message.pk != new.pk else ""
        if before != State.ACCEPTED:
            _take_over(message, before, today)
        # What was perhaps sent is counted already.
        if before in ("", State.REFUSED):
            _check_allowed(order, today)
        return message, before


def _take_over(message: SmsMessage, before: str, today: date) -> None:
    if before == State.CLAIMED:
        raise ProviderError(
            f"An earlier try of this call is still sending the message to {message.phone_number}: wait a moment.",
            code="sms_in_flight",
            retry_after_s=5.0,
        )
    if before == State.REFUSED:
        message.quota_day = today
    if before:
        message.state = State.CLAIMED
        message.save(update_fields=["state", "quota_day", "updated_at"])


def _check_allowed(order: Order, today: date) -> None:
    if OptOut.objects.filter(phone_number=order.phone_number).exists():
        raise ReturnedFailure(
            f"{order.phone_number} has opted out of messages: reach the customer in another way.",
            code="recipient_opted_out",
        )
    if quota.take(order.phone_number, today) is None:
        raise ReturnedFailure(
            f"{order.phone_number} has had {quota.PER_DAY} messages today: send it tomorrow (days are UTC).",
            code="daily_quota_used",
        )


def _look_again(message: SmsMessage, gateway: "SmsGateway") -> dict[str, Any] | None:
    try:
        return _earlier_try(message, gateway)
    except ToolError:
        _store(message, State.UNKNOWN, message.gateway_answer)
        raise


def _earlier_try(message: SmsMessage, gateway: "SmsGateway") -> dict[str, Any] | None:
    """What the gateway took in an earlier try of this call. Twilio's API has no idempotency key: so we look."""
    records = gateway.find(message.phone_number, message.body, message.created_at)
    others = SmsMessage.objects.filter(gateway_sid__in=[record["sid"] for record in records])
    known = set(others.values_list("gateway_sid", flat=True))
    return next((record for record in records if record["sid"] not in known), None)


def _accept(message: SmsMessage, record: dict[str, Any]) -> SmsMessage:
    message.gateway_sid = record["sid"]
    message.gateway_status = record.get("status", "")
    _store(message, State.ACCEPTED, record)
    return message


def _release(message: SmsMessage, answer: dict[str, Any]) -> None:
    with transaction.atomic():
        _store(message, State.REFUSED, answer)
        quota.give_back(message.phone_number, message.quota_day)
        if answer.get("code") == OPTED_OUT:
            OptOut.objects.get_or_create(
                phone_number=message.phone_number, defaults={"reason": "The gateway says that they unsubscribed."}
            )


def _store(message: SmsMessage, state: SmsMessage.State, answer: dict[str, Any]) -> None:
    message.state = state
    message.gateway_answer = answer
    message.save(update_fields=["state", "gateway_sid", "gateway_status", "gateway_answer", "updated_at"])
