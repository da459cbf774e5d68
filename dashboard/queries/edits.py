"""Who changed what about a tool, and when: drawn beside the rate that the edit moved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.queries.call_counts import Grid
from dashboard.wording import formats
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import FAILED, Outcome
from telemetry.values.proportions import wilson
from tools.definition.editable import BY_NAME, in_words
from tools.models import Tool
from tools.running.runtime import get_executor

# Enough to find the state before each edit of a period; older edits are in the admin.
READ = 300
# An edit this long before an incident began may have caused it.
SUSPECT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Edit:
    """One save of a tool in the admin. ``change`` is what it did, in a few words.

    ``acts_on``: the outcomes of calls that it can have brought about.
    """

    at: datetime
    tool: str
    change: str
    user: str
    acts_on: frozenset[Outcome] = frozenset()

    @property
    def text(self) -> str:
        return f"{self.tool}: {self.change}" + (f", by {self.user}" if self.user else "")


def edits_in(window: Window, tool: str = "") -> list[Edit]:
    """The edits of the period (of *tool*, if it is named), oldest first. One query."""
    records = (
        Tool.history.filter(history_date__lt=window.end).select_related("history_user").order_by("-history_date")
    )
    if tool:
        records = records.filter(name=tool)
    return [edit for edit in changes(list(records[:READ])) if edit.at >= window.start]


def changes(records: Sequence[Any]) -> list[Edit]:
    """Each historical record against the one before it of the same tool. *records* are the newest first. Pure."""
    found: list[Edit] = []
    before: dict[int, Any] = {}
    for record in reversed(records):
        names = changed(before.get(record.id), record)
        change = _difference(before.get(record.id), record, names)
        before[record.id] = record
        if change:
            user = record.history_user.get_username() if record.history_user else ""
            acts_on = frozenset().union(*(BY_NAME[name].acts_on for name in names))
            found.append(Edit(record.history_date, record.name, change, user, acts_on))
    return found


def suspect(edits: Iterable[Edit], tool: str, began_at: datetime, grid: Grid) -> Edit | None:
    """The last edit of *tool* shortly before *began_at* that may have brought about what fails; None if none can.

    It can act on a layer that fails, and more calls fail there after it than before, beyond chance: where there
    were no calls before it, nobody knows. *grid*: the calls by bin and tool.
    """
    near = [edit for edit in edits if edit.tool == tool and began_at - SUSPECT <= edit.at <= began_at]
    return next((edit for edit in reversed(near) if _made_worse(edit, grid)), None)


def _made_worse(edit: Edit, grid: Grid) -> bool:
    starts = sorted(grid)
    last_before = max((start for start in starts if start <= edit.at), default=None)
    mine = {start: tally for start in starts if (tally := grid[start].get(edit.tool))}
    # The bin of the edit holds calls of both sides.
    before = Tally.sum(tally for start, tally in mine.items() if last_before and start < last_before)
    after = Tally.sum(tally for start, tally in mine.items() if start > edit.at)
    acts_on = edit.acts_on.intersection(FAILED)
    return any(_rose(before, after, layer) for layer in acts_on) and _rose(before, after, *acts_on)


def _rose(before: Tally, after: Tally, *layers: Outcome) -> bool:
    return bool(before.judged) and (
        wilson(after.of(*layers), after.judged)[0] > wilson(before.of(*layers), before.judged)[1]
    )


def changed(old: Any, new: Any) -> list[str]:
    """The fields whose value in effect differs between two records of a tool; one may have said what code says."""
    if new.history_type == "-":
        return [name for name in BY_NAME if _in_effect(old, name) != _in_effect(None, name, new.name)]
    return [name for name in BY_NAME if _in_effect(old, name, new.name) != _in_effect(new, name)]


def _in_effect(record: Any, name: str, tool: str = "") -> str:
    value = getattr(record, name, None)
    if value is not None and value != "":
        return BY_NAME[name].words(value)
    registry, tool = get_executor().registry, getattr(record, "name", tool)
    return in_words(registry.get(tool).policy, name) if tool in registry else ""


def _difference(old: Any, new: Any, names: Iterable[str]) -> str:
    if new.history_type == "-":
        return "all edits taken back"
    words = [_worded(name, getattr(old, name, None), getattr(new, name)) for name in names]
    # What changed no field, such as a breaker that was opened by hand, says itself what it was.
    return ", ".join(words) or new.history_change_reason or ""


def _worded(name: str, was: Any, now: Any) -> str:
    if name == "enabled":
        return "switched off" if now is False else "switched on"
    if name in ("description", "roles"):
        return f"{name} changed"
    return f"{BY_NAME[name].label} {_value(name, was)} → {_value(name, now)}"


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "default"
    return BY_NAME[name].words(value).replace(" s", f"{formats.THIN}s")
