"""What can be wrong with a search: the text, or the work that it would be."""


class SearchError(ValueError):
    """A text that is no query. ``message`` is one sentence; ``position`` and ``length`` count its characters.

    ``suggestion`` is what could stand there instead, or empty.
    """

    def __init__(self, message: str, position: int = 0, length: int = 0, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = length
        self.suggestion = suggestion


class SearchTooExpensive(Exception):
    """A query that Postgres could not answer in the time a search may take; the message says what to do."""
