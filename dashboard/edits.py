"""Who changed what about a tool, and when: drawn beside the rate that the edit moved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard import numbers
from dashboard.figures import Mark
from dashboard.periods import Window
from tools.editable import BY_NAME
from tools.models import Tool

# Enough to find the state before each edit of a period; older edits are in the admin.
READ = 300
# An edit this long before an incident began may have caused it.
SUSPECT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Edit:
    """One save of a tool in the admin. ``change`` is what it did, in a few words."""

    at: datetime
    tool: str
    change: str
    user: str

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
        change = _difference(before.get(record.id), record)
        before[record.id] = record
        if change:
            user = record.history_user.get_username() if record.history_user else ""
            found.append(Edit(record.history_date, record.name, change, user))
    return found


def marks(edits: Iterable[Edit]) -> list[Mark]:
    return [Mark(edit.at, edit.text) for edit in edits]


def suspect(edits: Iterable[Edit], tool: str, began_at: datetime) -> Edit | None:
    """The last edit of *tool* shortly before *began_at*, if there was one."""
    near = [edit for edit in edits if edit.tool == tool and began_at - SUSPECT <= edit.at <= began_at]
    return near[-1] if near else None


def _difference(old: Any, new: Any) -> str:
    if new.history_type == "-":
        return "all edits taken back"
    words = []
    for name in BY_NAME:
        was, now = getattr(old, name, None), getattr(new, name)
        if (None if was == "" else was) != (None if now == "" else now):
            words.append(_worded(name, was, now))
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
    return BY_NAME[name].words(value).replace(" s", f"{numbers.THIN}s")
