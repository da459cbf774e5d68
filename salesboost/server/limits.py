"""How large the body of a request may be, by its address and by whether its sender is known. No I/O."""

from dataclasses import dataclass
from typing import NamedTuple

SMALL_BYTES = 64_000  # a log-in, a form of a page
OTLP_BYTES = 20 << 20
REST_BYTES = 2_000_000


class Limit(NamedTuple):
    """Bytes of a body: from anyone, and from a sender whose key or login is valid."""

    anyone: int
    known: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a request has come to the application without its body."""

    limit: int  # bytes that its sender might have sent
    known: bool  # whether its key or login is valid


PAGES = Limit(SMALL_BYTES, SMALL_BYTES)
# Where a key or a login is needed, who has none is told so before a byte of the body is read.
LIMITS = (
    ("/v1/", Limit(0, OTLP_BYTES)),
    ("/api/", Limit(0, REST_BYTES)),
    ("/admin/", Limit(SMALL_BYTES, REST_BYTES)),
    ("/ws/", Limit(0, 0)),
)


def limit_of(path: str) -> Limit:
    """The limit of the address *path*, as the application sees it: unquoted, without the query."""
    return next((limit for start, limit in LIMITS if path.startswith(start)), PAGES)


def needs_name(limit: Limit, length: int | None) -> bool:
    """Whether it has to be known who sends a body of *length* bytes (None: it does not say)."""
    return limit.known > limit.anyone and (length is None or length > limit.anyone)


def refused(limit: Limit, length: int | None, known: bool) -> Unread | None:
    """What is said of a body that is not to be read at all; None for one whose bytes are to be counted."""
    most = limit.known if known else limit.anyone
    return Unread(most, known) if (most == 0 if length is None else length > most) else None
