"""What can be wrong with an evaluation before anybody is asked."""

from collections.abc import Sequence


class BadSuite(ValueError):
    """A file is no suite; ``faults`` has a sentence for each mistake, with its file, case and field."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


class CannotEvaluate(Exception):
    """There is nothing to ask, or nobody; the message says what to do."""
