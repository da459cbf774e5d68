"""Who changed what about a tool, and when: drawn beside the rate that the edit moved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard import numbers
from dashboard.figures import Mark
from dashboard.periods import Window
from tools.models import Tool

FIELDS = {
    "enabled": "enabled",
    "description": "description",
    "roles": "roles",
    "timeout_s": "timeout",
    "retries": "retries",
    "rate": "rate",
    "cache_ttl_s": "cache",
}
SECONDS = ("timeout_s", "cache_ttl_s")
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
    for field, label in FIELDS.items():
        was, now = getattr(old, field, None) or None, getattr(new, field) or None
        if field in ("enabled", "cache_ttl_s", "retries"):  # where 0 and False say something
            was, now = getattr(old, field, None), getattr(new, field)
        if was != now:
            words.append(_worded(field, label, was, now))
    return ", ".join(words)


def _worded(field: str, label: str, was: Any, now: Any) -> str:
    if field == "enabled":
        return "switched off" if now is False else "switched on"
    if field in ("description", "roles"):
        return f"{label} changed"
    return f"{label} {_value(field, was)} → {_value(field, now)}"


def _value(field: str, value: Any) -> str:
    if value is None:
        return "default"
    return f"{value:g}{numbers.THIN}s" if field in SECONDS else str(value)
