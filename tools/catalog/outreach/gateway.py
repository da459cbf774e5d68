"""The client of an SMS gateway that speaks Twilio's REST API (version 2010-04-01)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx
from django.conf import settings
from django.utils import timezone

from tools.catalog.outreach.refusals import (
    BAD_CREDENTIALS,
    OPTED_OUT,
    NotSent,
    PerhapsSent,
    bad_credentials,
    not_configured,
    unreachable,
)
from tools.errors import ProviderError, ReturnedFailure, ToolError

# Two requests (a look-up and a sending) have to end before the tool's timeout of 15 s.
TIMEOUT = httpx.Timeout(4.0, connect=2.0, pool=1.0)
# How far the gateway's clock may be behind ours when we look for a message that we may have sent.
CLOCK_SKEW = timedelta(minutes=1)
HINTS = {
    21211: "check the number with the customer",
    21408: "this account may not send to that country",
    OPTED_OUT: "the recipient has unsubscribed: reach them in another way",
    21614: "this is not a mobile number: use another one",
    21617: "shorten the text to 1,600 characters",
}


@dataclass(frozen=True)
class SmsGateway:
    """An account at a gateway."""

    url: str
    account: str
    token: str = field(repr=False)
    sender: str
    client: httpx.Client = field(repr=False)

    def send(self, phone_number: str, body: str) -> dict[str, Any]:
        """The gateway's record of the message that it has taken. Raises NotSent or PerhapsSent."""
        try:
            response = self._request("POST", data={"To": phone_number, "From": self.sender, "Body": body})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(unreachable(), {"message": str(error)}) from error
        except httpx.TransportError as error:
            raise PerhapsSent(f"no answer ({type(error).__name__})") from error
        record = _json(response)
        if response.is_success and record.get("sid"):
            return record
        # Only the gateway's own refusal says that nothing went out: a proxy's error page does not.
        if "code" in record or response.status_code in (429, 503):
            raise NotSent(refusal(response, phone_number), record | {"status": response.status_code})
        raise PerhapsSent(f"HTTP {response.status_code} without the gateway's own words")

    def find(self, phone_number: str, body: str, since: datetime) -> list[dict[str, Any]]:
        """The gateway's records of messages with this text to this number since *since*. Raises ProviderError."""
        query = {"To": phone_number, "From": self.sender, "PageSize": "50"}
        records = self._read(params=query).get("messages", [])
        earliest = since - CLOCK_SKEW
        return [record for record in records if record.get("body") == body and _created(record) >= earliest]

    def fetch(self, sid: str) -> dict[str, Any]:
        """The gateway's record of one message, as it stands. Raises ProviderError or ReturnedFailure."""
        return self._read(f"/{sid}")

    def _read(self, path: str = "", params: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            response = self._request("GET", path, params=params)
        except httpx.TransportError as error:
            raise unreachable() from error
        if not response.is_success:
            raise refusal(response, path.strip("/"))
        return _json(response)

    def _request(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        address = f"{self.url}/2010-04-01/Accounts/{self.account}/Messages{path}.json"
        return self.client.request(method, address, auth=(self.account, self.token), timeout=TIMEOUT, **options)


def configured_gateway() -> SmsGateway:
    """The gateway of the settings. Raises ProviderError when none is set."""
    if not settings.SMS_GATEWAY_URL:
        raise not_configured()
    return SmsGateway(
        url=settings.SMS_GATEWAY_URL.rstrip("/"),
        account=settings.SMS_GATEWAY_ACCOUNT,
        token=settings.SMS_GATEWAY_TOKEN,
        sender=settings.SMS_SENDER,
        client=_client(),
    )


def refusal(response: httpx.Response, subject: str) -> ToolError:
    """The error that a refusing answer amounts to: the gateway's trouble is retried, the message's is not."""
    record = _json(response)
    said = str(record.get("message") or response.reason_phrase or "no reason given").rstrip(".")
    status, code = response.status_code, record.get("code")
    number = f" (error {code})" if code else ""
    if status in BAD_CREDENTIALS:
        return bad_credentials(number)
    if status == 429 or status >= 500:
        return ProviderError(
            f"The SMS gateway is {'busy' if status == 429 else 'in trouble'}: {said}{number}. Try again later.",
            code="sms_gateway_busy" if status == 429 else "sms_gateway_failed",
            retry_after_s=retry_after_s(response.headers.get("Retry-After", ""), timezone.now()),
        )
    return ReturnedFailure(
        f"The SMS gateway refused {subject}: {said}{number}.",
        code="recipient_opted_out" if code == OPTED_OUT else "sms_refused",
        hint=HINTS.get(code or 0, ""),
    )


def retry_after_s(header: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, written as a number or as a date; None if neither."""
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _created(record: Mapping[str, Any]) -> datetime:
    moment = parsedate_to_datetime(record["date_created"])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" is parsed as no zone at all


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        record = response.json()
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


@cache
def _client() -> httpx.Client:
    """One for the process: it keeps connections open, and threads may share it."""
    return httpx.Client()
