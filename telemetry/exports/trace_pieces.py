"""A whole trace, piece by piece: however many spans it has, none is left out and few are held at once."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from telemetry.exports.otlp_json import EPOCH, Key, key_of, start_ns, trace_as_otlp_json
from telemetry.exports.payload_free import payload_free
from telemetry.models import Span, SpanPayload
from telemetry.search.guard import guarded

PIECE = 2_000
BEGIN, END = b'{"resourceSpans":[', b"]}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span stands in its trace. As text: its start in nanoseconds since 1970, and its id."""

    start_time: datetime
    start_ns: int
    span_id: int

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(span.start_time, span.start_ns, span.span_id)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError for what is no place."""
        began, _, span_id = text.partition("_")
        us, rest = divmod(int(began), 1000)
        number = int(span_id)
        if not -(1 << 63) <= number < 1 << 63:
            raise ValueError(f"{text} is no place")
        try:
            return cls(EPOCH + timedelta(microseconds=us), rest, number)
        except OverflowError as error:
            raise ValueError(f"{text} is outside of all time") from error

    def __str__(self) -> str:
        return f"{start_ns(self.start_time, self.start_ns)}_{self.span_id}"

    @property
    def later(self) -> Q:
        same_us = Q(start_time=self.start_time)
        same_ns = same_us & Q(start_ns=self.start_ns, span_id__gt=self.span_id)
        after = Q(start_time__gt=self.start_time) | same_us & Q(start_ns__gt=self.start_ns) | same_ns
        return Q(start_time__gte=self.start_time) & after  # the plain bound names the partitions to read


def piece(trace_id: UUID, after: Place | None = None, size: int = PIECE) -> list[Span]:
    """The next *size* spans of a trace, as they began. Raises SearchTooExpensive."""
    spans = Span.objects.whole().filter(after.later if after else Q(), trace_id=trace_id)
    with guarded():
        return list(spans.order_by("start_time", "start_ns", "span_id")[:size])


async def as_otlp(trace_id: UUID, *, with_payloads: bool, sees_payloads: bool) -> HttpResponseBase | None:
    """The trace as OTLP JSON: one piece with its length, a longer one as it is read; None for no such trace."""
    spans = await sync_to_async(piece)(trace_id)
    if not spans:
        return None
    text = _Texts(with_payloads, sees_payloads)
    if len(spans) < PIECE:
        return HttpResponse(BEGIN + await sync_to_async(text.of)(spans) + END, content_type="application/json")
    return StreamingHttpResponse(_streamed(trace_id, spans, text), content_type="application/json")


@dataclass(frozen=True, slots=True)
class _Texts:
    """What of spans is written."""

    with_payloads: bool
    sees_payloads: bool

    def of(self, spans: Sequence[Span]) -> bytes:
        payloads = _payloads(spans) if self.with_payloads else {}
        shown = spans if self.sees_payloads else [payload_free(span) for span in spans]
        groups = trace_as_otlp_json(shown, payloads)["resourceSpans"]
        return ",".join(json.dumps(group, ensure_ascii=False) for group in groups).encode()


async def _streamed(trace_id: UUID, spans: list[Span], text: _Texts) -> AsyncIterator[bytes]:
    lead = BEGIN
    while spans:
        yield lead + await sync_to_async(text.of)(spans)
        lead = b","
        full = len(spans) == PIECE
        spans = await sync_to_async(piece)(trace_id, Place.of(spans[-1])) if full else []
    yield END


def _payloads(spans: Sequence[Span]) -> dict[Key, SpanPayload]:
    """The payloads of *spans*, by their exact starts: between them lie those of all other traces."""
    found = SpanPayload.objects.filter(
        start_time__in={span.start_time for span in spans},
        trace_id=spans[0].trace_id,
        span_id__in={span.span_id for span in spans},
    )
    return {key_of(payload): payload for payload in found}
