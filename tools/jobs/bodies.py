"""The bodies that the addresses of jobs take: JSON, and for many calls also lines of JSON or CSV."""

import csv
import io
from collections.abc import Callable
from itertools import islice
from typing import Annotated, Any, ClassVar

from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz import process

from tools.errors import InvalidArguments
from tools.jobs.models import MAX_CONCURRENT, Priority
from tools.jobs.submission import MAX_ITEMS
from tools.running.runtime import get_executor
from tools.web.bodies import ROLE, SESSION, Context, OneCall, Short, fill, parse, read_body, read_bytes
from tools.web.idempotency_key import read_idempotency_key
from tools.web.parameters import refuse_repeated
from tools.web.problem import MalformedBody

NAMED_FAULTS = 5


class JobBody(BaseModel):
    """The body of POST /jobs: the calls, and what holds for all of them."""

    MOST_VALUES: ClassVar[int] = 200_000  # read in a thread
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    calls: list[OneCall] = Field(min_length=1, max_length=MAX_ITEMS)
    name: Short = Field("", description="What people will see it as.")
    priority: Priority = Field(Priority.NORMAL, description="high, normal or low: higher ones are served first.")
    caller_role: Short = Field("", description=ROLE)
    session_id: Short = Field("", description=SESSION)
    caller_id: Short = Field("", description="Who asks inside the application: limits of each caller count by it.")
    context: Context = Field(default_factory=dict, description="Recorded with each call, beside its own context.")
    max_concurrent: int = Field(5, ge=1, le=MAX_CONCURRENT, description="How many calls may run at once.")
    idempotency_key: Short = Field("", description="The same key with the same job again makes no second job.")


class EditBody(BaseModel):
    """The body of PATCH /dead-letters/{id}."""

    model_config = ConfigDict(extra="forbid")

    payload: Any = Field(description="What the item's tool is to be called with.")


class ReplayBody(BaseModel):
    """The body of POST /dead-letters/replay."""

    model_config = ConfigDict(extra="forbid")

    items: list[Annotated[int, Field(ge=1)]] = Field(
        min_length=1, max_length=MAX_ITEMS, description="Ids of items."
    )


def read_job(request: HttpRequest) -> JobBody:
    """The job in the request's body. Raises InvalidArguments, or a kind of it, that says all that is wrong.

    ``application/x-ndjson`` has a call on each line, ``text/csv`` the arguments of ``?tool=`` under their names;
    what holds for all calls then stands in the address.
    """
    read = READERS.get(request.content_type or "")
    if read is None:
        body = read_body(request, JobBody)
    else:
        refuse_repeated(request.GET)
        options = {name: request.GET[name] for name in request.GET}
        tool = options.pop("tool", "")
        try:
            text = read_bytes(request).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise MalformedBody(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
        body = fill(JobBody, {**options, "calls": read(text, tool)})
    body.idempotency_key = body.idempotency_key or read_idempotency_key(request, "").removeprefix("/")
    return body


def read_lines(text: str, tool: str) -> list[Any]:
    """A call a line; *tool* is for lines that name none."""
    calls, faults = [], []
    # By "\n" alone: JSON may hold U+2028 and U+0085 as they are, at which splitlines would cut.
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    for number, line in islice(lines, MAX_ITEMS + 1):  # one more than may be, which is told
        try:
            call = parse(line.encode())
        except MalformedBody as error:
            faults.append(f"line {number}: {error.detail}")
            continue
        names_none = isinstance(call, dict) and call.keys().isdisjoint(("tool", "name"))
        calls.append({"tool": tool, **call} if tool and names_none else call)
    if faults:
        raise MalformedBody(" ".join(faults[:NAMED_FAULTS]), hint=f"{len(faults)} lines cannot be read")
    return calls


def read_table(text: str, tool: str) -> list[Any]:
    """A call a row, the first row being the names of arguments; an empty cell is an argument left out."""
    if not tool:
        raise InvalidArguments("A CSV does not say which tool to call.", hint="add ?tool=<name> to the address")
    if "\0" in text:
        raise MalformedBody("The body holds the character U+0000, which cannot be stored.")
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="")
    try:
        check_names(list(rows.fieldnames or ()), tool)
        calls = [
            {"tool": tool, "payload": {name: cell for name, cell in row.items() if cell}}
            for row in islice(rows, MAX_ITEMS + 1)
        ]
    except csv.Error as error:
        raise MalformedBody(f"The CSV cannot be read: {error} in line {rows.line_num}.") from None
    if wide := [number for number, call in enumerate(calls, 2) if "" in call["payload"]]:
        shown = ", ".join(map(str, wide[:NAMED_FAULTS]))
        raise MalformedBody(f"Rows with more cells than the first row has names: {shown}.")
    return calls


def check_names(names: list[str], tool: str) -> None:
    """Raises InvalidArguments that says what is wrong with the first row; an unknown *tool* is told by others."""
    faults = [
        f"{name!r} stands there {names.count(name)} times"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    registry = get_executor().registry
    if tool in registry:
        parameters = registry.get(tool).schema.parameters
        known = list(parameters.get("properties", ()))
        if not parameters.get("additionalProperties"):
            faults += [_unknown(name, known, tool) for name in dict.fromkeys(names) if name not in known]
    if faults:
        told = "; ".join(faults[:NAMED_FAULTS])
        raise InvalidArguments(f"The first row of the CSV names the arguments of {tool!r}, but {told}.")


def _unknown(name: str, known: list[str], tool: str) -> str:
    parted = next((mark for mark in (";", "\t", "|") if mark in name), None)
    if parted is not None:
        return f"it is parted by {parted!r}: use commas"
    near = process.extractOne(name, known, score_cutoff=60)
    return f"it has none named {name!r}" + (f": did you mean {near[0]!r}?" if near else f": {', '.join(known)}")


READERS: dict[str, Callable[[str, str], list[Any]]] = {
    "application/x-ndjson": read_lines,
    "application/jsonl": read_lines,
    "text/csv": read_table,
}
