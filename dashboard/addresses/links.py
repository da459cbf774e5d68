"""The addresses of spans, traces and sessions, made in one place. Pure but for the URL table."""

import re
import uuid
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

HEX16 = re.compile("[0-9a-f]{16}")


def hex16(span_id: int) -> str:
    """A span id as OpenTelemetry writes it; stored as a signed number."""
    return f"{span_id & 0xFFFFFFFFFFFFFFFF:016x}"


def trace_url(trace_id: uuid.UUID, span_id: int | None = None) -> str:
    """A trace's page, with the span *span_id* open."""
    path = reverse("trace", args=[trace_id.hex])
    return path if span_id is None else f"{path}?span={hex16(span_id)}"


def moment_of(text: str) -> datetime | None:
    """The moment that an address names; None for none, or for nonsense."""
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return found if found.tzinfo else None


def signed(span: str) -> int | None:
    """A span id out of an address, as it is stored; None for anything else."""
    if not HEX16.fullmatch(span):
        return None
    number = int(span, 16)
    return number - (1 << 64) if number >= 1 << 63 else number


def session_url(session_id: str, before: str = "") -> str:
    """A session's page. Its id is any text, so that it stands in the query, where nothing has a meaning."""
    parts = {"id": session_id, "before": before} if before else {"id": session_id}
    return f"{reverse('session')}?{urlencode(parts)}"
