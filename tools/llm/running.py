"""From a model's text to results: its calls run side by side, what cannot be read is recorded as refused."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from tools.calls.call import ToolResult
from tools.calls.request import Request, caller_of
from tools.definition.registry import ToolRegistry
from tools.errors import InvalidArguments, ProviderError, ToolError, UnknownTool
from tools.llm.parsing import Parsed, Problem, ProblemKind, parse_calls
from tools.web.dialects import in_our_words, names_in

if TYPE_CHECKING:
    from tools.running.executor import ToolExecutor

MAX_EXCERPT_CHARS = 2_000
MAX_DETAIL_CHARS = 1_000
_REFERENCE = re.compile(r"\$+ref")


class UnreadableCall(InvalidArguments):
    """A model wrote something that looks like a call and cannot be read as one."""

    code = "unreadable_call"
    title = "The text holds no call that can be read"


@dataclass(frozen=True, slots=True)
class TextRun:
    """What became of a text: ``endings`` of ``parsed.calls`` and ``refusals`` of ``parsed.failures``, in order."""

    parsed: Parsed
    endings: Sequence[ToolResult | ToolError]
    refusals: Sequence[ToolError]

    @property
    def failure(self) -> ToolError | None:
        """The error of a text in which nothing could be run, though something was meant to be; names all."""
        if self.parsed.calls or not self.refusals:
            return None
        first = self.refusals[0]
        first.detail = " ".join(dict.fromkeys(error.detail for error in self.refusals))[:MAX_DETAIL_CHARS]
        return first


class KnownTools(Mapping[str, Mapping[str, Any]]):
    """The JSON Schema of each registered tool's parameters, by name; made when it is asked for.

    With *names*, ours by others, the tools are known by those others.
    """

    def __init__(self, registry: ToolRegistry, names: Mapping[str, str] | None = None) -> None:
        self._registry = registry
        self._names = names

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self:
            raise KeyError(name)
        return self._registry.get(self._names[name] if self._names else name).schema.parameters

    def __contains__(self, name: object) -> bool:
        return name in (self._names or self._registry)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names or self._registry.names())

    def __len__(self) -> int:
        return len(self._registry)


async def run_text(
    executor: "ToolExecutor",
    message: str | Mapping[str, Any] | Sequence[Any],
    *,
    max_concurrent: int | None = None,
    dialect: str = "",
    **request: Unpack[Request],
) -> TextRun:
    """Run the calls in *message* (see ``parse_calls``), at most *max_concurrent* at once.

    Its names and arguments are those of *dialect* where one is named, as a model has them that was given these.
    *request* holds for each call: ``caller_role``, ``session_id``, ``context``, …
    Raises InvalidArguments for a dialect that nobody speaks.
    """
    names = names_in(dialect, executor.registry) if dialect else None
    # Not on the event loop: a long text takes half a second.
    parsed = await asyncio.to_thread(parse_calls, message, known=KnownTools(executor.registry, names))
    calls = []
    for call in parsed.calls:
        name, arguments = in_our_words(dialect, executor.registry, call.name, call.arguments)
        calls.append(
            {
                "tool": name,
                "payload": literal(arguments),
                "tool_call_id": call.call_id,
                "repairs": call.repairs,
            }
        )
    endings = await executor.execute_parallel(calls, max_concurrent=max_concurrent, **request)
    caller = caller_of(request)
    refusals = [
        await executor.refuse(
            as_error(problem), requested=problem.tool, caller=caller, payload=excerpt(message, problem)
        )
        for problem in parsed.failures
    ]
    return TextRun(parsed, endings, refusals)


def as_error(problem: Problem) -> ToolError:
    """What a call that was meant and could not be made counts as."""
    if problem.kind is ProblemKind.UNKNOWN_TOOL:
        return UnknownTool(problem.message)
    if problem.kind is ProblemKind.PROVIDER_FAILED:
        return ProviderError(problem.message)
    return UnreadableCall(problem.message, code=f"call_{problem.kind}")


def excerpt(message: Any, problem: Problem) -> Any:
    """What a model wrote at the place of *problem*, for the record, which takes out secrets itself."""
    if isinstance(message, str):
        return message[problem.position : problem.position + MAX_EXCERPT_CHARS]
    return message


def literal(value: Any) -> Any:
    """*value* so that execute_parallel fills nothing in: a model's ``$ref`` is an argument like any other."""
    if isinstance(value, list):
        return [literal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        f"${name}" if len(value) == 1 and _REFERENCE.fullmatch(name) else name: literal(item)
        for name, item in value.items()
    }
