"""What can be wrong with an experiment: one sentence each, for people."""


class ExperimentError(ValueError):
    """What was asked of an experiment cannot be done."""


class BadPlan(ExperimentError):
    """What somebody planned is no experiment."""


class FixedPlan(ExperimentError):
    """What was fixed before the start, and what was recorded since, is never changed."""
