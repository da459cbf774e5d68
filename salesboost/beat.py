"""A schedule of Celery that keeps to the clock. Beat's file knows it by this module's name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery.schedules import schedstate, schedule

from salesboost.step import Step


def for_celery(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """*entries* of a schedule, those on the step as Celery understands them."""
    return {name: {**entry, "schedule": _for_celery(entry["schedule"])} for name, entry in entries.items()}


def _for_celery(each: float | Step) -> "float | OnTheStep":
    return OnTheStep(each.step_s, each.after_s) if isinstance(each, Step) else each


class OnTheStep(schedule):
    """Due *after_s* seconds after each whole multiple of *step_s* seconds of the clock.

    Celery's own intervals begin whenever beat does, and ``relative`` rounds to whole seconds.
    """

    def __init__(self, step_s: float, after_s: float = 0.0, **rest: Any) -> None:
        super().__init__(step_s, **rest)
        self.after_s = after_s

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Whether a step was completed since *last_run_at*, and the seconds until the next one is."""
        into_step_s = (self.now().timestamp() - self.after_s) % self.seconds
        since_s = (self.now() - self.maybe_make_aware(last_run_at)).total_seconds()
        return schedstate(is_due=since_s > into_step_s, next=self.seconds - into_step_s)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, (self.seconds, self.after_s)
