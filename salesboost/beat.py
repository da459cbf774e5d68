"""A schedule that keeps to the clock: what is counted in steps of time is looked at once a step is complete."""

from datetime import datetime
from typing import Any

from celery.schedules import schedstate, schedule


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


def interval_s(each: float | schedule) -> float:
    """How often what has *each* for its schedule is due."""
    return float(each.seconds if isinstance(each, schedule) else each)
