"""Template filters over ``dashboard.wording`` and ``dashboard.addresses.links``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template

from dashboard.addresses import links
from dashboard.pages.overview.tables import Rung
from dashboard.pages.traces.spans import TraceSpan
from dashboard.wording import formats, states
from telemetry.models import Span

register = template.Library()

register.filter("count", formats.count)
register.filter("percent", formats.percent)
register.filter("ms", formats.ms)
register.filter("size", formats.size)
register.filter("usd", formats.usd)
register.filter("interval", formats.interval)
register.filter("span_of", formats.span_of)
register.filter("size", formats.size)
register.filter("outcome_state", states.outcome_state)
register.filter("hex16", links.hex16)
register.filter("session_url", links.session_url)


@register.filter
def iso(moment: datetime) -> str:
    """A moment for ``<time datetime>`` and for scripts."""
    return moment.isoformat(timespec="milliseconds")


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long ago *moment* was."""
    return formats.span_of((now - moment).total_seconds())


@register.filter
def span_url(span: Span | TraceSpan) -> str:
    """The page of a span: its trace, with the span open."""
    return links.trace_url(span.trace_id, span.span_id)


@register.filter
def trace_page(span: Span | TraceSpan) -> str:
    """The page of the trace of a span."""
    return links.trace_url(span.trace_id)


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """``mapping[key]``, or None."""
    return mapping.get(key)


@register.filter
def css(value: float) -> str:
    """A percentage as SVG and CSS write it, whatever the language."""
    return f"{value:.2f}%"


@register.filter
def sentences(ladder: Sequence[Rung]) -> str:
    """What a success ladder says in words."""
    return ", ".join(rung.sentence for rung in ladder)
