"""The kinds of rules. The only place that names them all; a new kind is one file and one line."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from telemetry.alerts.shares import Factor, Of, Share
from telemetry.counts.outcome_counts import Tally

KINDS = {
    "success_rate": ("success rate", "telemetry.alerts.kinds.success_rate"),
}


class Kind(Protocol):
    """A module that reads out of tallies what a rule compares with its thresholds."""

    def shares(self, calls: Mapping[Any, Tally], late: datetime | None = None) -> list[Share]:
        """The shares that *calls*, all of one tool, are judged by; *late* as ``Share`` has it."""

    def factor(self, of: Of, tally: Tally) -> Factor:
        """(good, all) of the calls of one tally, additive: for their course, and to compare two of them."""


@cache
def load_kind(name: str) -> Kind:
    kind: Kind = import_module(KINDS[name][1])
    return kind


def kind_choices() -> list[tuple[str, str]]:
    return [(name, label) for name, (label, _) in KINDS.items()]
