"""When a task of the schedule is due, as the settings say it: without Celery, which not all that read them run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """*after_s* seconds after each whole multiple of *step_s* seconds of the clock.

    What is counted in steps of time is looked at so, once a step is complete.
    """

    step_s: float
    after_s: float = 0.0

    def __float__(self) -> float:
        """How often, as other schedules say it."""
        return float(self.step_s)
