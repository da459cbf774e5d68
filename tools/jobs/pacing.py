"""What a refusal means for a job: when its tool is asked again, and when it is given up. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from telemetry.semconv import Outcome
from tools.errors import ToolError

# A tool that lets nothing through for so long has its calls put among the dead letters.
PATIENCE_S = 24 * 3600.0
UNSAID_WAIT_S = 5.0
REFUSALS = frozenset({Outcome.RATE_LIMIT, Outcome.BREAKER})


@dataclass(frozen=True, slots=True)
class Hold:
    """A tool that refused: since when nothing of it went through, and until when it is not asked again."""

    since: float
    until: float

    def as_dict(self) -> dict[str, float]:
        return {"since": self.since, "until": self.until}


def is_refusal(error: ToolError) -> bool:
    """Whether the call was turned away before it ran, for a reason that passes."""
    return error.layer in REFUSALS


def after_refusal(earlier: Hold | None, now: float, retry_after_s: float | None) -> Hold | None:
    """Until when the tool is left alone; None where waiting any longer makes no sense."""
    since = earlier.since if earlier else now
    until = now + max(0.0, UNSAID_WAIT_S if retry_after_s is None else retry_after_s)
    if until - since > PATIENCE_S:
        return None
    return Hold(since, max(until, earlier.until if earlier else until))


def read_holds(stored: Mapping[str, Mapping[str, float]]) -> dict[str, Hold]:
    return {tool: Hold(hold["since"], hold["until"]) for tool, hold in stored.items()}
