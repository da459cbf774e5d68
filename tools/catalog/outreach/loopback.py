"""A gateway for demonstrations and tests: it speaks Twilio's wire format, and no message leaves the machine.

Recipients with a meaning, as with Twilio's test credentials: +15005550001 does not exist, …0002 cannot be reached,
…0003 is in a country that is not allowed, …0004 has unsubscribed, …0009 is no mobile. Numbers that end in 99 take
the message and never receive it; every other one receives it within three seconds.
"""

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from threading import Lock
from typing import Any

from tools.catalog.outreach.segments import segment

# Error code, sentence.
RECIPIENTS = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number +15005550002 is not currently reachable via SMS."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region of +15005550003."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "To number: +15005550009, is not a mobile number"),
}
SENDERS = {
    "+15005550001": (21212, "The 'From' number +15005550001 is not a valid phone number."),
    "+15005550007": (
        21606,
        "The 'From' phone number +15005550007 is not a valid, SMS-capable number of your account.",
    ),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}
REQUIRED = {
    "To": (21604, "A 'To' phone number is required."),
    "From": (21603, "A 'From' phone number is required."),
    "Body": (21602, "Message body is required."),
}
QUEUED_S, SENT_S = 1.0, 3.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; ``document`` is its JSON, and None closes the connection without one."""

    status: int
    document: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, code: int, message: str, **headers: str) -> Reply:
    """An error in Twilio's shape."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Reply(status, {"code": code, "message": message, "more_info": more, "status": status}, headers)


TROUBLE = (
    error(429, 20429, "Too Many Requests", **{"Retry-After": "1"}),
    error(500, 20500, "An internal server error has occurred"),
    error(503, 20503, "Service is temporarily unavailable", **{"Retry-After": "1"}),
)


@dataclass
class Message:
    """A message that the gateway has taken at ``taken_at`` (Unix time)."""

    sid: str
    to: str
    sender: str
    body: str
    taken_at: float

    def status(self, now: float) -> str:
        if now - self.taken_at < QUEUED_S:
            return "queued"
        if now - self.taken_at < SENT_S:
            return "sent"
        return "undelivered" if self.to.endswith("99") else "delivered"


@dataclass
class LoopbackGateway:
    """The gateway's state, in memory, and its answers. ``faults`` are given out first, one a request to send."""

    account: str
    token: str
    failure_rate: float = 0.0
    clock: Callable[[], float] = time.time
    random: Random = field(default_factory=Random)
    messages: list[Message] = field(default_factory=list)
    faults: list[Reply] = field(default_factory=list)
    # Take the message, then close the connection: the sender cannot know.
    silent: int = 0
    _lock: Lock = field(default_factory=Lock)

    def answer(self, method: str, path: str, form: Mapping[str, str], authorization: str) -> Reply:
        """The answer to a request; *form* is its body, or its query for GET."""
        expected = b64encode(f"{self.account}:{self.token}".encode()).decode()
        if not secrets.compare_digest(authorization.encode(), f"Basic {expected}".encode()):
            return error(401, 20003, "Authenticate")
        root = f"/2010-04-01/Accounts/{self.account}/Messages"
        with self._lock:
            if path == f"{root}.json":
                return self._create(form) if method == "POST" else self._list(form)
            sid = path.removeprefix(f"{root}/").removesuffix(".json")
            found = next((message for message in self.messages if message.sid == sid), None)
        if found is None or method != "GET":
            return error(404, 20404, f"The requested resource {path} was not found")
        return Reply(200, self._record(found))

    def _create(self, form: Mapping[str, str]) -> Reply:
        refused = self._trouble() or _refusal(form)
        if refused:
            return refused
        message = Message(f"SM{secrets.token_hex(16)}", form["To"], form["From"], form["Body"], self.clock())
        self.messages.append(message)
        if self.silent:
            self.silent -= 1
            return Reply(0, None)
        return Reply(201, self._record(message))

    def _trouble(self) -> Reply | None:
        if self.faults:
            return self.faults.pop(0)
        return self.random.choice(TROUBLE) if self.random.random() < self.failure_rate else None

    def _list(self, query: Mapping[str, str]) -> Reply:
        size = int(query.get("PageSize", "50"))
        wanted = [
            self._record(message)
            for message in reversed(self.messages)
            if query.get("To", message.to) == message.to and query.get("From", message.sender) == message.sender
        ]
        return Reply(200, {"messages": wanted[:size], "page": 0, "page_size": size, "next_page_uri": None})

    def _record(self, message: Message) -> dict[str, Any]:
        status = message.status(self.clock())
        lost = status == "undelivered"
        date = format_datetime(datetime.fromtimestamp(message.taken_at, UTC))
        return {
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": date,
            "date_sent": None if status == "queued" else date,
            "date_updated": date,
            "direction": "outbound-api",
            "error_code": 30003 if lost else None,
            "error_message": "Unreachable destination handset" if lost else None,
            "from": message.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(segment(message.body).segments),
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": status,
            "to": message.to,
            "uri": f"/2010-04-01/Accounts/{self.account}/Messages/{message.sid}.json",
        }


def _refusal(form: Mapping[str, str]) -> Reply | None:
    for name, (code, sentence) in REQUIRED.items():
        if not form.get(name):
            return error(400, code, sentence)
    if len(form["Body"]) > 1600:
        return error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    known = RECIPIENTS.get(form["To"]) or SENDERS.get(form["From"])
    return error(400, *known) if known else None
