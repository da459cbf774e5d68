"""A parameter that an address does not read is told: ignored, ``?status=error`` would give everything.

So is one that is given twice where one is read: whichever is taken, the other would be ignored.
"""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Any, get_args, get_origin

from django.http import HttpRequest, QueryDict
from rapidfuzz import fuzz, process

from telemetry.redaction import names_secret
from tools.definition.mistakes import listed
from tools.errors import InvalidArguments

SHOWN_CHARS = 80
LISTS = (list, tuple, set, frozenset)
# What other APIs call it, and what to do here, by the parameter that the address has to have for it.
READ_ON = {
    "cursor": "read on with 'cursor', the next_cursor of the answer before.",
    "after": "read on with 'after', the next of the answer before.",
}
HOW_MANY = {"limit": "say how many with 'limit'."}
FIND = {"q": "search with 'q'."}
GROUP = {"by": "group with 'by'."}
HABITS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("page", "page_number", "page_token", "next_token", "offset", "skip"), READ_ON),
    **dict.fromkeys(("cursor", "next_cursor"), READ_ON),
    **dict.fromkeys(("per_page", "page_size", "pagesize", "size", "max_results"), HOW_MANY),
    **dict.fromkeys(("query", "search", "filter"), FIND),
    **dict.fromkeys(("group_by", "groupby", "group"), GROUP),
}
# Names of keys that ``names_secret`` does not take for secrets, as they may be other things elsewhere.
KEYS = frozenset({"key", "auth", "bearer"})
# Of 100, by letters alone: "stauts" is 83 like "status", but "start" only 73, and "page" 67 like "agent".
NEAR = 75
# Worded so that no redaction takes a part of it for a secret.
IN_THE_HEADER = "Send an API key in the Authorization header, as addresses end up in logs."


class UnknownParameter(InvalidArguments):
    code = "unknown_parameter"
    title = "The address has a parameter that is not read"


class RepeatedParameter(InvalidArguments):
    code = "repeated_parameter"
    title = "The address has a parameter twice"


View = Callable[..., Awaitable[Any]]
_searched: set[str] = set()
_reading: set[str] = set()


def know_searched(names: Collection[str]) -> None:
    """Take *names* for what ``q`` searches by: people write them as parameters. Who mounts a search says so."""
    _searched.update(names)


def reads_query(view: View) -> View:
    """*view* of an operation that reads the whole query itself, and refuses what it does not know."""
    _reading.add(f"{view.__module__}.{view.__qualname__}")
    return view


def strict(view: View) -> View:
    """*view* of an operation, which refuses parameters that its signature does not name, or names once."""
    if f"{view.__module__}.{view.__qualname__}" in _reading:
        return view
    parameters = list(inspect.signature(view).parameters.values())[1:]
    takes = {each.name: _may_repeat(each.annotation) for each in parameters}

    @wraps(view)
    async def checked(request: HttpRequest, **given: Any) -> Any:
        # Whatever the method: DELETE /cache?tool=crm would clear the results of every tool.
        if request.GET:
            in_path = request.resolver_match.kwargs if request.resolver_match else {}
            refuse_unknown(request.GET, [name for name in takes if name not in in_path])
            refuse_repeated(request.GET, [name for name, may_repeat in takes.items() if may_repeat])
        return await view(request, **given)

    return checked


def refuse_unknown(asked: QueryDict, takes: Sequence[str]) -> None:
    """Raises UnknownParameter for the first name of *asked* that is none of *takes*, with what may be meant."""
    for name in asked:
        if name not in takes:
            meant = _meant(name, asked.getlist(name)[-1], takes)
            raise UnknownParameter(f"There is no parameter {name[:SHOWN_CHARS]!r}{meant}")


def refuse_repeated(asked: QueryDict, lists: Collection[str] = ()) -> None:
    """Raises RepeatedParameter for the first name of *asked* that is there more than once and none of *lists*."""
    for name, values in asked.lists():
        if len(values) > 1 and name not in lists:
            times = "twice" if len(values) == 2 else f"{len(values)} times"
            raise RepeatedParameter(f"{name[:SHOWN_CHARS]} is given {times}: give it once.")


def _may_repeat(annotation: Any) -> bool:
    """Whether a parameter of that annotation takes several values: it is a list, or may be one."""
    if annotation in LISTS or get_origin(annotation) in LISTS:
        return True
    return any(map(_may_repeat, get_args(annotation)))


def _meant(name: str, value: str, takes: Sequence[str]) -> str:
    if names_secret(name) or name.lower() in KEYS:
        return f". {IN_THE_HEADER}"  # and without its value, which would stand in an answer and a log
    habit = HABITS.get(name.lower(), {})
    if here := next((habit[each] for each in takes if each in habit), ""):
        return f": {here}"
    if close := _nearest(name, takes):
        return f": did you mean {close!r}?"
    if "q" in takes and (key := name if name in _searched else _nearest(name, _searched)):
        return f": did you mean q={key}:{value[:SHOWN_CHARS]}?"
    return f": it takes {listed(takes)}." if takes else ": it takes none."


def _nearest(name: str, names: Collection[str]) -> str:
    """The one of *names* that is near enough to *name*, or nothing."""
    found = process.extractOne(name, sorted(names), scorer=fuzz.ratio, score_cutoff=NEAR)
    return found[0] if found else ""
