"""The sentences of alerts, in plain words. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from math import floor
from typing import Any

LAYERS = {
    "arguments": "bad arguments",
    "breaker": "an open breaker",
    "timeout": "timeouts",
    "provider": "provider errors",
    "returned_failure": "failures that the tool returned",
    "tool_bug": "bugs in the tool",
}
# A cause is named when it explains at least this share of the failures.
MOST = 0.5


def percent(share: float) -> str:
    """``81.2 %``; rounded down, so that 89.96 % never reads as the 90 % it is below."""
    tenths = floor(share * 1000 + 1e-9)
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10:.1f} %"


def span(duration: timedelta) -> str:
    """``45 s``, ``24 min``, ``3 h 5 min``, ``2 d 4 h``."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def breach(tool: str, value: float, threshold: float, held: timedelta | None = None) -> str:
    """``crm_integration is at 81.2 %, below 90 % for 24 min``."""
    sentence = f"{tool} is at {percent(value)}, below {percent(threshold)}"
    return f"{sentence} for {span(held)}" if held is not None else sentence


def current(tool: str, value: float | None, threshold: float, held: timedelta) -> str:
    """An open incident as it stands now; its value may be away, or back above the threshold."""
    if value is None:
        return f"{tool} has too few calls to judge; its incident is open for {span(held)}"
    if value < threshold:
        return breach(tool, value, threshold, held)
    return f"{tool} is recovering, at {percent(value)}; its incident is open for {span(held)}"


def recovery(tool: str, value: float | None, lasted: timedelta) -> str:
    """How an incident ended."""
    if value is None:
        return f"{tool} had no calls to judge by for a day: closed after {span(lasted)} without proof of recovery"
    return f"{tool} is back at {percent(value)} after {span(lasted)}"


def counts(evidence: Mapping[str, Any]) -> str:
    """``130 of 160 calls succeeded in 5 min (95 % interval 74.4 % to 86.6 %).``"""
    lower, upper = evidence["interval"]
    window = span(timedelta(seconds=evidence["window"]["seconds"]))
    sentence = f"{evidence['good']:,} of {evidence['total']:,} calls succeeded in {window}"
    cached = evidence["from_cache"]
    left_out = f", {cached:,} answers from the cache left out" if cached else ""
    return f"{sentence}{left_out} (95 % interval {percent(lower)} to {percent(upper)})."


def cause(evidence: Mapping[str, Any]) -> str:
    """The likeliest cause: the layer and the provider that most failures share, "" if none stands out."""
    parts = []
    layers = evidence["layers"]
    if layers and layers[0]["share"] >= MOST:
        parts.append(f"{percent(layers[0]['share'])} of the failures are {LAYERS[layers[0]['layer']]}")
    providers = evidence["providers"]
    if providers and providers[0]["share"] >= MOST and providers[0]["stands_out"]:
        name = " ".join(filter(None, (providers[0]["provider"], providers[0]["model"]))) or "no provider"
        parts.append(f"{percent(providers[0]['share'])} come from calls made for {name}")
    return f"{'; '.join(parts)}." if parts else ""
