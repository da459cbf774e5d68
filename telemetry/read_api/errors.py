"""What a reader is told instead of an answer. ``salesboost/read_api.py`` makes problem documents of them."""

from typing import Any

from telemetry.search import SearchError


class ReadError(Exception):
    """``more`` are fields of the problem document beside the usual ones."""

    code = "bad_request"
    status = 400

    def __init__(self, detail: str, *, hint: str = "", more: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail, self.hint, self.more = detail, hint, more or {}


class BadParameter(ReadError):
    """A parameter of the address that cannot be understood; ``more`` names it."""

    code = "bad_parameter"

    def __init__(self, name: str, detail: str, hint: str = "") -> None:
        super().__init__(f"{name}: {detail}", hint=hint, more={"parameter": name})


class BadQuery(ReadError):
    """A query that is wrong at a place: ``position`` and ``length`` count its characters."""

    code = "bad_query"

    def __init__(self, error: SearchError) -> None:
        place = {"parameter": "q", "position": error.position, "length": error.length}
        hint = f"write {error.suggestion}" if error.suggestion else "the language is described in docs/search.md"
        super().__init__(error.message, hint=hint, more={**place, "suggestion": error.suggestion})


class TooExpensive(ReadError):
    """What was asked would take the database too long."""

    code = "too_expensive"
    status = 422


class NotThere(ReadError):
    code = "not_found"
    status = 404


class Withheld(ReadError):
    code = "missing_scope"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Arguments, results and messages are not for this caller.",
            hint="a key needs the scope 'payloads', a person the permission telemetry.view_spanpayload",
        )
