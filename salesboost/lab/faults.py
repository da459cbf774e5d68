"""What may go wrong, by name. A vendor's own faults stand with the vendor; those of all of them stand here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from salesboost.lab.asked import Asked, Reply

if TYPE_CHECKING:
    from salesboost.lab.vendors.base import Events, Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail, as it looks on the wire.

    One with a ``status`` is an answer of its own: the vendor words its body by ``kind``, unless ``body`` has it or
    makes it of what would have been said. One with ``after`` breaks a stream off after so many events (and an
    answer in one piece before its first byte): with ``kind`` by the vendor's error event, with ``waits`` by
    silence, else by closing the connection. One with ``reply``, ``answer`` or ``events`` is an answer that is
    well-formed on the outside: what was said is changed, or what the vendor makes of it, whole or as a stream.
    """

    says: str  # one sentence for the list of faults
    status: int = 0
    kind: str = ""
    body: "Mapping[str, Any] | str | Callable[[Asked, Reply], Mapping[str, Any]] | None" = None
    headers: Mapping[str, str] | None = None
    after: int | None = None
    waits: bool = False  # says nothing more and keeps the connection open
    reply: "Callable[[Asked, Reply], Reply] | None" = None
    answer: "Callable[[Asked, Reply, Moment], Mapping[str, Any]] | None" = None
    events: "Callable[[Asked, Reply, Moment], Events] | None" = None


# How a vendor words an error of a kind is its own affair (``Vendor.error``).
COMMON: dict[str, Fault] = {
    "rate_limited": Fault(
        says="429 with Retry-After: 2", status=429, kind="rate_limit", headers={"Retry-After": "2"}
    ),
    "rate_limited_silently": Fault(says="429 without Retry-After", status=429, kind="rate_limit"),
    "overloaded": Fault(says="the vendor's status for too much load", status=503, kind="overloaded"),
    "server_error": Fault(says="500", status=500, kind="server"),
    "bad_gateway": Fault(
        says="502 with a page of HTML, as a proxy sends it",
        status=502,
        body="<html><body><h1>502 Bad Gateway</h1></body></html>",
    ),
    "html": Fault(says="200 with a page of HTML", status=200, body="<!doctype html><title>Sign in</title>"),
    "cut_json": Fault(says="200 with JSON that breaks off", status=200, body='{"id": "cut", "choices": [{"mess'),
    "wrong_key": Fault(says="401", status=401, kind="authentication"),
    "forbidden": Fault(says="403", status=403, kind="permission"),
    "no_credit": Fault(says="402, or the vendor's word for an account without money", status=402, kind="credit"),
    "unknown_model": Fault(says="404 for a model that is retired", status=404, kind="model"),
    "context_too_long": Fault(says="400: more tokens than the model takes", status=400, kind="context"),
    "content_filter": Fault(says="400: the policy forbids the question", status=400, kind="policy"),
    "invalid_request": Fault(says="400 that no other vendor would answer otherwise", status=400, kind="invalid"),
    "closed_connection": Fault(says="the connection is closed before a byte of an answer", after=-1),
    "silence": Fault(says="the connection is held, and nothing is ever said", after=-1, waits=True),
    "cut_stream": Fault(says="a stream breaks off after its third event", after=3),
    "stalled_stream": Fault(says="a stream says nothing more after its third event", after=3, waits=True),
    "silent_stream": Fault(says="a stream begins, and says nothing after its headers", after=0, waits=True),
    "overloaded_stream": Fault(says="a stream ends in the vendor's error event", after=3, kind="overloaded"),
}
