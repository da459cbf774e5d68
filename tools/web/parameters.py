"""A parameter that an address does not read is told: ignored, ``?status=error`` would give everything."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest
from rapidfuzz import process

from tools.definition.mistakes import SIMILAR, likeness, listed
from tools.errors import InvalidArguments

# What only reads, and what deletes: DELETE /cache?tool=crm would clear the results of every tool.
CHECKED = ("GET", "DELETE")
SHOWN_CHARS = 80


class UnknownParameter(InvalidArguments):
    code = "unknown_parameter"
    title = "The address has a parameter that is not read"


def strict(view: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """*view* of an operation, which refuses parameters that its signature does not name."""
    takes = list(inspect.signature(view).parameters)[1:]

    @wraps(view)
    async def checked(request: HttpRequest, **given: Any) -> Any:
        if request.method in CHECKED and request.GET:
            in_path = request.resolver_match.kwargs if request.resolver_match else {}
            refuse_unknown(request.GET.dict(), [name for name in takes if name not in in_path])
        return await view(request, **given)

    return checked


def refuse_unknown(asked: dict[str, str], takes: Sequence[str]) -> None:
    """Raises UnknownParameter for the first name of *asked* that is none of *takes*, with what may be meant."""
    for name, value in asked.items():
        if name not in takes:
            raise UnknownParameter(f"There is no parameter {name[:SHOWN_CHARS]!r}{_meant(name, value, takes)}")


def _meant(name: str, value: str, takes: Sequence[str]) -> str:
    close = process.extractOne(name, takes, scorer=likeness, score_cutoff=SIMILAR)
    if close:
        return f": did you mean {close[0]!r}?"
    if "q" in takes:  # the search language has the names of columns, which people write as parameters
        return f": did you mean q={name[:SHOWN_CHARS]}:{value[:SHOWN_CHARS]}?"
    return f": it takes {listed(takes)}." if takes else ": it takes none."
