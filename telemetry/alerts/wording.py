"""The sentences of alerts, in plain words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import floor
from typing import Any

from telemetry.alerts.verdict import Verdict

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


def interval(lower: float, upper: float) -> str:
    """``74.4 % to 86.6 %``, to the nearest tenth, as the pages have it: no bound is compared with a threshold."""
    return " to ".join(percent(round(bound, 3)) for bound in (lower, upper))


def plain(name: str) -> str:
    """*name*, which a sender chose, as it can stand in a sentence: what cannot be seen is written out.

    So a line break begins no line of a message, and a mark for writing from right to left turns none round.
    """
    if not name.strip():
        return repr(name) if name else name
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name)


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


def subject(tool: str, share: str) -> str:
    """Whose rate: ``crm``, ``crm, arguments for groq alone,``."""
    of, _, provider = share.partition(":")
    tool, provider = plain(tool), plain(provider)
    alone = {
        "runs": "cache left out",
        "arguments": f"arguments for {provider} alone" if provider else "arguments alone",
    }
    return f"{tool}, {alone[of]}," if of in alone else tool


def breach(tool: str, value: float, threshold: float, share: str = "calls", *, late: bool = False) -> str:
    """``crm_integration is at 81.2 %, below 90 %``."""
    verb, told = ("was", " (told late)") if late else ("is", "")
    return f"{subject(tool, share)} {verb} at {percent(value)}, below {percent(threshold)}{told}"


def longest(longest_ms: float, window_s: int) -> str:
    """The longest call of a look, with a word where it began before the window did."""
    if not longest_ms:
        return ""
    said = f"{longest_ms / 1000:.1f} s"
    return f"{said}, longer than the window: judged when it ends" if longest_ms > window_s * 1000 else said


def summary(tool: str, evidence: Mapping[str, Any]) -> str:
    """What broke, as the rule saw it when it fired."""
    threshold = evidence["rule"]["threshold"]
    return breach(tool, evidence["value"] or 0.0, threshold, evidence["share"], late=evidence["late"])


def current(tool: str, value: float | None, threshold: float, held: timedelta, share: str = "calls") -> str:
    """An open incident as it stands now; its value may be away, or back above the threshold."""
    if value is None:
        return f"{plain(tool)} has too few calls to judge; its incident is open for {span(held)}"
    if value < threshold:
        return f"{subject(tool, share)} is at {percent(value)} now, below {percent(threshold)} for {span(held)}"
    return f"{subject(tool, share)} is recovering, at {percent(value)}; its incident is open for {span(held)}"


def how_it_ended(tool: str, seen: Verdict, lasted: timedelta) -> str:
    """The sentence for an incident that was open for *lasted*."""
    return recovery(tool, seen.value if seen.recovered else None, lasted)


def retired(rule: str, tool: str, *, switched_off: bool) -> str:
    """How an incident ended whose rule looks no longer."""
    why = "was switched off" if switched_off else "no longer watches this tool"
    return f"{plain(tool)} is no longer judged: the rule {rule} {why}; nobody knows whether it recovered"


def recovery(tool: str, value: float | None, lasted: timedelta) -> str:
    """How an incident ended."""
    if value is None:
        closed = f"closed after {span(lasted)} without proof of recovery"
        return f"{plain(tool)} had no calls to judge by for a day: {closed}"
    return f"{plain(tool)} is back at {percent(value)} after {span(lasted)}"


def counts(evidence: Mapping[str, Any]) -> str:
    """``When it fired: 130 of 160 calls succeeded in 5 min (95 % interval 74.4 % to 86.6 %).``"""
    lower, upper = evidence["interval"]
    window = over(evidence)
    cached = evidence["from_cache"]
    left_out = f", {cached:,} answers from the cache left out" if cached else ""
    said = _counted(evidence["share"], evidence["factors"], evidence["value"], cached)
    when = f"Ended {clock(evidence['window'])} UTC, known late" if evidence["late"] else "When it fired"
    share = evidence["share"].partition(":")[0]
    only_arguments = share == "arguments" or (share == "calls" and len(evidence["factors"]) == 1)
    left_out = "" if only_arguments else left_out
    return f"{when}: {said} in {window}{left_out} (95 % interval {interval(lower, upper)})."


def over(evidence: Mapping[str, Any]) -> str:
    """The length of the window that the rates of an incident are of."""
    return span(timedelta(seconds=evidence["window"]["seconds"]))


def clock(window: Mapping[str, str]) -> str:
    """``14:00 to 14:05``."""
    return f"{window['start'][11:16]} to {window['end'][11:16]}"


def _counted(share: str, factors: Sequence[tuple[int, int]], value: float | None, cached: int) -> str:
    (good, total), *runs = factors
    of, _, provider = share.partition(":")
    if of == "runs":
        return f"{good:,} of {total:,} calls succeeded"
    if of == "arguments" or not runs:
        made = f" made for {plain(provider)}" if provider else ""
        return f"{good:,} of {total:,} calls{made} had good arguments"
    ((went_well, ran),) = runs
    if not cached:
        return f"{went_well:,} of {total:,} calls succeeded"
    return (
        f"{good:,} of {total:,} calls had good arguments and {went_well:,} of {ran:,} runs succeeded, "
        f"{percent(value or 0.0)} together,"
    )


def cause(evidence: Mapping[str, Any]) -> str:
    """The likeliest cause: the layer and the provider that most failures share, "" if none stands out."""
    parts = []
    layers = evidence["layers"]
    if layers and layers[0]["share"] >= MOST:
        parts.append(f"{percent(layers[0]['share'])} of the failures are {_layer(layers[0]['layer'], evidence)}")
    providers = evidence["providers"]
    if providers and providers[0]["share"] >= MOST and providers[0]["stands_out"]:
        name = " ".join(filter(None, (providers[0]["provider"], providers[0]["model"]))) or "no provider"
        parts.append(f"{percent(providers[0]['share'])} come from calls made for {plain(name)}")
    return f"{'; '.join(parts)}." if parts else ""


def _layer(layer: str, evidence: Mapping[str, Any]) -> str:
    """In words; of an open breaker, with what opened it."""
    behind = evidence.get("behind_breaker") if layer == "breaker" else None
    if not behind:
        return LAYERS[layer]
    named = f" ({plain(behind['error_type'])})" if behind["error_type"] else ""
    return f"{LAYERS[layer]}, opened by {LAYERS[behind['layer']]}{named}"
