"""What can be wrong with choice, as problem documents."""

from tools.errors import InvalidArguments


class UnknownGroup(InvalidArguments):
    """A group that there is not."""

    code = "unknown_group"
    status = 404
    title = "There is no such group"


class UnknownDecision(InvalidArguments):
    """Feedback of a decision that there is not, or no more."""

    code = "unknown_decision"
    status = 404
    title = "There is no such decision"


class NotCounted(InvalidArguments):
    """Feedback that does not count: it was told before, or choice was switched off."""

    code = "feedback_not_counted"
    status = 409
    title = "This feedback does not count"
