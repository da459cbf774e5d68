"""Template filters over ``dashboard.numbers`` and ``dashboard.states``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template

from dashboard import numbers, states
from dashboard.rows import Rung

register = template.Library()

register.filter("count", numbers.count)
register.filter("percent", numbers.percent)
register.filter("ms", numbers.ms)
register.filter("interval", numbers.interval)
register.filter("span_of", numbers.span_of)
register.filter("outcome_state", states.outcome_state)


@register.filter
def iso(moment: datetime) -> str:
    """A moment for ``<time datetime>`` and for scripts."""
    return moment.isoformat(timespec="milliseconds")


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long ago *moment* was."""
    return numbers.span_of((now - moment).total_seconds())


@register.filter
def hex16(span_id: int) -> str:
    """A span id as OpenTelemetry writes it; stored as a signed number."""
    return f"{span_id & 0xFFFFFFFFFFFFFFFF:016x}"


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
