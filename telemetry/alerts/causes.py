"""What opened a breaker: an open one only says that others failed before. Reads the groups of errors."""

from datetime import timedelta

from telemetry.alerts.windows import Window
from telemetry.errors.models import ErrorCount, ErrorGroup
from telemetry.semconv import Outcome

# The layers that open a breaker (docs/breaker.md).
OPENING = (Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG)
# A breaker may be open for longer than a window: what opened it is looked for so long before.
BEFORE = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def behind_breaker(tool: str, window: Window, calls: str) -> dict[str, str] | None:
    """``{"layer", "error_type"}`` of what failed most of what opens breakers, in the window or else before it.

    Of those *calls* of *tool* alone that the rule looks at (``telemetry.counts.origins``).
    """
    for start in (window.start - MINUTE, window.start - BEFORE):
        sums = ErrorCount.objects.at(60).between(start, window.end).where(calls, tool=tool).sums("fingerprint")
        groups = ErrorGroup.objects.in_bulk([fingerprint for (fingerprint,) in sums])
        for (fingerprint,) in sums:
            group = groups.get(fingerprint)
            if group and group.layer in OPENING:
                return {"layer": group.layer, "error_type": group.error_type}
    return None
