"""The fields of a tool's policy that an admin may change: one line each, and how a person reads their values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.semconv import Outcome
from tools.definition.policy import ToolPolicy


def _seconds(nothing: str = "0 s") -> Callable[[Any], str]:
    return lambda value: f"{value:g} s" if value else nothing


def _number(nothing: str = "0", unit: str = "") -> Callable[[Any], str]:
    return lambda value: f"{value:,}{unit}" if value else nothing


def _text(nothing: str) -> Callable[[Any], str]:
    return lambda value: str(value) if value else nothing


def _held(value: Any) -> str:
    return f"held {value}" if value else "by its counts"


@dataclass(frozen=True, slots=True)
class Editable:
    """One field: its name in ``ToolPolicy`` and on the ``Tool`` model, its label, and its value in words.

    *acts_on*: the outcomes of calls that a change of it can bring about.
    """

    name: str
    label: str
    words: Callable[[Any], str]
    section: str = "Limits"
    acts_on: frozenset[Outcome] = frozenset()


_SLOW = frozenset({Outcome.TIMEOUT, Outcome.BREAKER})
# More calls at the service behind a tool, or others: it may refuse them, or be slow.
_LOAD = _SLOW | {Outcome.PROVIDER, Outcome.RATE_LIMIT}
_RUNS = _LOAD | {Outcome.RETURNED_FAILURE, Outcome.TOOL_BUG}
_ANY = _RUNS | {Outcome.ARGUMENTS, Outcome.AUTHORIZATION}

FIELDS = (
    Editable("enabled", "state", lambda value: "on" if value else "off", "", _ANY),
    # What a model reads decides which arguments it writes.
    Editable("description", "description", _text("none"), "", frozenset({Outcome.ARGUMENTS})),
    Editable("roles", "roles", lambda value: ", ".join(sorted(value)) or "every role", "", _ANY),
    Editable("timeout_s", "timeout", _seconds(), "Attempts", _SLOW),
    Editable("deadline_s", "deadline", _seconds(), "Attempts", _SLOW),
    Editable("retries", "retries", _number(), "Attempts", _RUNS),
    Editable("hedge_after_s", "hedge after", _seconds("never"), "Attempts", _LOAD),
    Editable("rate", "rate", _text("unlimited"), acts_on=_LOAD),
    Editable("caller_rate", "rate of each caller", _text("unlimited"), acts_on=_LOAD),
    Editable("quota_day", "calls a day of each caller", _number("unlimited"), acts_on=_LOAD),
    Editable("quota_month", "calls a month of each caller", _number("unlimited"), acts_on=_LOAD),
    Editable("max_concurrent", "at the same time", _number("any number"), acts_on=_LOAD),
    Editable("max_queued", "waiting", _number("none"), acts_on=_LOAD),
    Editable("cache_ttl_s", "cache", _seconds("not kept"), "Cache", _RUNS),
    Editable("cache_stale_s", "stale", _seconds("never"), "Cache", _RUNS),
    Editable("cache_errors_s", "failures kept", _seconds("not kept"), "Cache", _RUNS),
    Editable(
        "breaker_hold", "breaker", lambda value: f"held {value}" if value else "by its counts", "Breaker", _RUNS
    ),
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
