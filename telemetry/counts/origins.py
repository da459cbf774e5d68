"""Which tool calls count: what this installation ran, or what others report that they ran.

A call of a tool that is registered here counts if our own executor ran it, so that nobody who may only send spans
can make one of our tools look ill, or well. A tool that is not registered here has no other witnesses than those
who report of it: its calls count as they are told.
"""

from enum import StrEnum

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from telemetry.semconv import UNKNOWN_TOOL, Origin


class Calls(StrEnum):
    """Whose calls are looked at."""

    COUNTED = "counted"
    OWN = "own"
    REPORTED = "reported"
    ALL = "all"


LABELS = [
    (str(Calls.COUNTED), "Our own; of tools that are not registered here, those that are reported"),
    (str(Calls.OWN), "Our own alone"),
    (str(Calls.REPORTED), "Those that others report"),
    (str(Calls.ALL), "All"),
]


def registered() -> list[str]:
    """The tools whose own calls count, in order: those registered here, and the name for calls of none."""
    return sorted({*import_string(settings.TOOL_NAMES)(), UNKNOWN_TOOL})


def counts(tool: str, origin: str, calls: str = Calls.COUNTED) -> bool:
    """Whether a call of *tool* that came from *origin* is one of *calls*."""
    if calls == Calls.COUNTED:
        return origin == Origin.OWN or tool not in registered()
    return calls in (Calls.ALL, origin)


def looked_at(calls: str, prefix: str = "series__") -> Q:
    """The condition of *calls* on rows that name their tool and origin after *prefix*."""
    if calls == Calls.ALL:
        return Q()
    if calls == Calls.COUNTED:
        return Q(**{f"{prefix}origin": str(Origin.OWN)}) | ~Q(**{f"{prefix}tool__in": registered()})
    return Q(**{f"{prefix}origin": str(calls)})
