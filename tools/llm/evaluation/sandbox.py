"""Tools that answer what a case says, and do nothing.

They are checked and read as always: the same schemas, roles and stages of a call. Limits, caches and breakers are
left out, for one case is no reason to refuse another; shared state is this run's own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tools.decisions import live
from tools.definition.cache_rules import CacheRules
from tools.definition.policy import BreakerHold, BreakerPolicy, ToolPolicy
from tools.definition.registry import ToolRegistry
from tools.definition.tool import ToolDefinition
from tools.errors import ProviderError
from tools.running.executor import ToolExecutor
from tools.state.memory import MemoryState

# What a tool answers of which a case says nothing.
NOTHING_SAID = {"status": "ok", "note": "The evaluation answers in the place of the tool."}
NEVER = 1_000_000_000
Answers = dict[str, list[Any]]
_answers: ContextVar[Answers | None] = ContextVar("answers of a case", default=None)


class Sandbox:
    """An executor of all *tools*, which answers as the case says that is asked ``within``."""

    def __init__(self, tools: ToolRegistry) -> None:
        self.registry = ToolRegistry()
        self.registry.register_all(acting(tool) for tool in tools)
        self.executor = ToolExecutor(self.registry, state=MemoryState(), policies=policy)

    def close(self) -> None:
        self.executor.close()


@contextmanager
def within(results: Mapping[str, Any]) -> Iterator[None]:
    """Have tools that are called meanwhile answer *results*: of a list an item a call, the last for all more."""
    answers = {tool: list(said) if isinstance(said, list) and said else [said] for tool, said in results.items()}
    token = _answers.set(answers)
    try:
        yield
    finally:
        _answers.reset(token)


def acting(tool: ToolDefinition[..., Any]) -> ToolDefinition[..., Any]:
    """*tool* as a model sees it, with nothing behind it."""

    async def answer(**arguments: Any) -> Any:
        said = next_answer(tool.name)
        if isinstance(said, Mapping) and said.keys() == {"error"}:
            raise ProviderError(str(said["error"]))
        return deepcopy(said)

    schema = tool.schema.same_arguments(injected={}, description=tool.schema.description)
    return replace(tool, function=answer, schema=schema, calls=frozenset(), cache=CacheRules())


def next_answer(tool: str) -> Any:
    """What *tool* answers next in the case that is asked here."""
    left = (_answers.get() or {}).get(tool)
    if not left:
        return NOTHING_SAID
    return left.pop(0) if len(left) > 1 else left[0]


def policy(tool: ToolDefinition[..., Any]) -> ToolPolicy:
    """As admins have it, without what would let one case refuse another."""
    return replace(
        live.policy(tool),
        enabled=True,
        rate=None,
        caller_rate=None,
        quota_day=0,
        quota_month=0,
        max_concurrent=0,
        cache_ttl_s=0.0,
        cache_stale_s=0.0,
        cache_errors_s=0.0,
        semantic_threshold=0.0,
        retries=0,
        hedge_after_s=0.0,
        breaker=BreakerPolicy(failures=NEVER),
        breaker_hold=BreakerHold.NONE,
    )
