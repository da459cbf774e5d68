"""Which tools work just now: a verdict and a score each, from last calls, breakers and probes."""

from tools.health.reports import ToolHealthChecker, refresh, report
from tools.health.verdicts import summary, verdict

__all__ = ["ToolHealthChecker", "refresh", "report", "summary", "verdict"]
