"""How calls ended, counted for the health of their tools."""

from collections import Counter
from collections.abc import Iterable

from telemetry.semconv import SUCCEEDED, Outcome
from tools.state.base import Ran, Report
from tools.state.breakers.sums import BREAKING


def count_kinds(reports: Iterable[Report]) -> Counter[tuple[str, str]]:
    """Calls by tool and field of ``RunCounts``."""
    return Counter(
        (report.tool, run_kind(report.outcome))
        for report in reports
        if isinstance(report, Ran) and report.outcome is not None
    )


def run_kind(outcome: Outcome) -> str:
    """The field of ``RunCounts`` that *outcome* counts under."""
    if outcome in SUCCEEDED:
        return "succeeded"
    return "broken" if outcome in BREAKING else "returned"
