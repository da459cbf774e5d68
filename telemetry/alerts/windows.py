"""The calls that a rule looks at. One way to read them, for evaluation, evidence and rehearsal."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from telemetry.alerts.models import Rule
from telemetry.alerts.models.rules import resolution_of
from telemetry.models import Rollup
from telemetry.semconv import UNKNOWN_TOOL
from telemetry.tally import Tally

# A call is in the rollups some 200 ms after it ended. Looking 5 s back gives slow writers time to catch up;
# a call that takes longer is counted all the same, later, as its bucket stays in the window for minutes.
SETTLE_S = 5


class Window(NamedTuple):
    """Buckets from *start* up to, without, *end*."""

    start: datetime
    end: datetime
    resolution_s: int

    @classmethod
    def before(cls, now: datetime, window_s: int) -> "Window":
        """The last *window_s* seconds of whole, settled buckets: at 10 s, they end 5 to 15 s before *now*."""
        resolution_s = resolution_of(window_s)
        settled = int(now.timestamp()) - SETTLE_S
        end = datetime.fromtimestamp(settled - settled % resolution_s, UTC)
        return cls(end - timedelta(seconds=window_s), end, resolution_s)


class Key(NamedTuple):
    """Whose calls: the parts of a rollup's key that rules can name."""

    tool: str
    provider: str
    model: str


Calls = Mapping[Key, Tally]


def read_calls(window: Window) -> Calls:
    """The calls of *window* by tool, provider and model; one query."""
    tallies = (
        Rollup.objects.using("default")
        .at(window.resolution_s)
        .between(window.start, window.end)
        .tallies(*Key._fields)
    )
    return {Key(*key): tally for key, tally in tallies.items()}


def seen_by(rule: Rule, key: Key) -> bool:
    """Whether *rule* looks at the calls of *key*.

    Calls of tools that do not exist are all recorded under one name and always fail; a rule for each tool
    leaves them out.
    """
    tool = key.tool == rule.tool if rule.tool else key.tool != UNKNOWN_TOOL
    return tool and rule.provider in ("", key.provider) and rule.model in ("", key.model)


def for_tool(rule: Rule, calls: Calls, tool: str) -> Calls:
    """The part of *calls* that *rule* judges for *tool*."""
    return {key: tally for key, tally in calls.items() if key.tool == tool and seen_by(rule, key)}
