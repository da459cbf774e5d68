"""From a request to what is put on the wire, without the wire."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.control import control
from salesboost.lab.faults import Fault
from salesboost.lab.rates import rates
from salesboost.lab.script import Script
from salesboost.lab.vendors import VENDORS
from salesboost.lab.vendors.base import DAY, QUERY, Dated, Ids, Moment, Refused, Vendor
from salesboost.lab.vendors.listing import LISTS, PUBLIC


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in one piece; a body that is a text is sent as it stands. ``breaks`` cuts it off."""

    status: int
    body: Mapping[str, Any] | str
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: Fault | None = None


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer in events. ``breaks`` cuts it off, where ``last`` is what is said in place of the rest."""

    events: Sequence[bytes]
    breaks: Fault | None = None
    last: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The type of its content: a stream that is no events is one list in JSON that grows."""
        return "application/json" if self.events and self.events[0][:1] == b"[" else "text/event-stream"


class Answering:
    """Answers requests to all vendors by *script*."""

    def __init__(self, script: Script, *, seed: int | None, clock: Callable[[], float] = time.time) -> None:
        self._script = script
        self._ids = Ids(Random(seed))
        self._clock = clock
        self._lock = Lock()  # ids come from one source

    def answer(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Answer | Streamed:
        """What *method* at *path* is answered; the names of *headers* are in small letters."""
        path, _, query = path.partition("?")
        if path.startswith("/lab/"):
            return Answer(*control(self._script, method, path, raw))
        vendor = next((one for one in VENDORS.values() if path.startswith(f"/{one.name}/")), None)
        if vendor is None:
            known = ", ".join(f"/{one.name}{one.base}" for one in VENDORS.values())
            return Answer(404, {"error": {"message": f"The lab has no {path}: its vendors are at {known}."}})
        below = path.removeprefix(f"/{vendor.name}")
        headers = {DAY: day_of(self._clock()), **headers, QUERY: query}
        try:
            if method == "GET" and (listed := LISTS.get(path)):
                if path != PUBLIC:
                    check_key(headers)
                return Answer(200, listed(headers[DAY]))
            asked = self._asked(vendor, method, below, headers, raw)
        except Refused as refused:
            return Answer(*vendor.error(refused.status, refused.kind, refused.message, refused.param))
        with self._lock:
            made = self._made(vendor, asked)
        if isinstance(made, Answer) and made.status not in (200, 429):
            return made
        is_spent = isinstance(made, Answer) and made.status == 429
        return replace(made, headers={**rates(asked, self._clock(), is_spent=is_spent), **made.headers})

    def _asked(self, vendor: Vendor, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Asked:
        if method != "POST" or not vendor.paths.fullmatch(path):
            raise Refused(f"Unknown request URL: {method} {path}.", status=404, kind="path")
        check_key(headers)
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise Refused("We could not parse the JSON body of your request.") from error
        if not isinstance(body, dict):
            raise Refused("The body of the request has to be an object.")
        try:
            asked = vendor.asked(path, headers, body)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            # Something of another kind than any client sends: it has to be answered, whatever it was.
            raise Refused(f"The body of the request cannot be read: {error!r}.") from error
        return vendor.dated(asked, headers[DAY]) if isinstance(vendor, Dated) else asked

    def _made(self, vendor: Vendor, asked: Asked) -> Answer | Streamed:
        reply, fault = self._script.next(asked)
        moment = Moment(self._ids, int(self._clock()))
        if fault is None:
            return self._said(vendor, asked, reply, moment)
        if fault.status:
            return failed(vendor, fault, asked, reply)
        if fault.reply:
            reply = fault.reply(asked, reply)
        if asked.stream:
            # Made at once: the ids of two answers that are streamed side by side would mix.
            events = list((fault.events or vendor.events)(asked, reply, moment))
            last = vendor.error_event(fault.kind, fault.says) if fault.kind and fault.after is not None else b""
            return Streamed(events, fault if fault.after is not None else None, last)
        return Answer(
            200,
            (fault.answer or vendor.answer)(asked, reply, moment),
            breaks=fault if fault.after is not None else None,
        )

    def _said(self, vendor: Vendor, asked: Asked, reply: Reply, moment: Moment) -> Answer | Streamed:
        if asked.stream:
            return Streamed(list(vendor.events(asked, reply, moment)))
        return Answer(200, vendor.answer(asked, reply, moment))


def failed(vendor: Vendor, fault: Fault, asked: Asked, reply: Reply) -> Answer:
    headers = dict(fault.headers or {})
    if fault.body is not None:
        body = fault.body(asked, reply) if callable(fault.body) else fault.body
        return Answer(fault.status, body, headers)
    status, body = vendor.error(fault.status, fault.kind, fault.says)
    return Answer(status, body, headers)


def check_key(headers: Mapping[str, str]) -> None:
    """Raises Refused where a request has no key."""
    if not key_of(headers):
        raise Refused("You didn't provide an API key.", status=401, kind="authentication")


def day_of(now_s: float) -> str:
    """The day of *now_s*, such as 2026-12-01."""
    return datetime.fromtimestamp(now_s, UTC).date().isoformat()


def key_of(headers: Mapping[str, str]) -> str:
    """The key of a request, wherever its vendor has it."""
    bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
    named = headers.get("x-api-key", "") or headers.get("x-goog-api-key", "")
    return bearer or named or parse_qs(headers.get(QUERY, "")).get("key", [""])[0]
