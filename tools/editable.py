"""The fields of a tool's policy that an admin may change: one line each, and how a person reads their values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.policy import ToolPolicy


def _seconds(nothing: str = "0 s") -> Callable[[Any], str]:
    return lambda value: f"{value:g} s" if value else nothing


def _number(nothing: str = "0", unit: str = "") -> Callable[[Any], str]:
    return lambda value: f"{value:,}{unit}" if value else nothing


def _text(nothing: str) -> Callable[[Any], str]:
    return lambda value: str(value) if value else nothing


@dataclass(frozen=True, slots=True)
class Editable:
    """One field: its name in ``ToolPolicy`` and on the ``Tool`` model, its label, and its value in words."""

    name: str
    label: str
    words: Callable[[Any], str]
    section: str = "Limits"


FIELDS = (
    Editable("enabled", "state", lambda value: "on" if value else "off", ""),
    Editable("description", "description", _text("none"), ""),
    Editable("roles", "roles", lambda value: ", ".join(sorted(value)) or "every role", ""),
    Editable("timeout_s", "timeout", _seconds(), "Attempts"),
    Editable("deadline_s", "deadline", _seconds(), "Attempts"),
    Editable("retries", "retries", _number(), "Attempts"),
    Editable("hedge_after_s", "hedge after", _seconds("never"), "Attempts"),
    Editable("rate", "rate", _text("unlimited")),
    Editable("caller_rate", "rate of each caller", _text("unlimited")),
    Editable("quota_day", "calls a day of each caller", _number("unlimited")),
    Editable("quota_month", "calls a month of each caller", _number("unlimited")),
    Editable("max_concurrent", "at the same time", _number("any number")),
    Editable("max_queued", "waiting", _number("none")),
    Editable("cache_ttl_s", "cache", _seconds("not kept"), "Cache"),
    Editable("cache_stale_s", "stale", _seconds("never"), "Cache"),
    Editable("cache_errors_s", "failures kept", _seconds("not kept"), "Cache"),
    Editable("breaker_hold", "breaker", lambda value: f"held {value}" if value else "by its counts", "Breaker"),
)
BY_NAME: Mapping[str, Editable] = {editable.name: editable for editable in FIELDS}


def in_words(policy: ToolPolicy, name: str) -> str:
    """One value of *policy* for a person to read."""
    return BY_NAME[name].words(getattr(policy, name))


def sections() -> list[tuple[str | None, list[str]]]:
    """The field names by section, in order; the first section has no title."""
    found: dict[str, list[str]] = {}
    for editable in FIELDS:
        found.setdefault(editable.section, []).append(editable.name)
    return [(title or None, names) for title, names in found.items()]
