"""The kinds of rules. The only place that names them all; a new kind is one file and one line."""

from functools import cache
from importlib import import_module
from typing import Protocol

from telemetry.tally import Tally

KINDS = {
    "success_rate": ("success rate", "telemetry.alerts.kinds.success_rate"),
}


class Kind(Protocol):
    """A module that reads one share out of a tally and words it."""

    NOUN: str

    def measure(self, tally: Tally) -> tuple[int, int]:
        """(good calls, judged calls): their quotient is what the thresholds are compared with."""


@cache
def load_kind(name: str) -> Kind:
    kind: Kind = import_module(KINDS[name][1])
    return kind


def kind_choices() -> list[tuple[str, str]]:
    return [(name, label) for name, (label, _) in KINDS.items()]
