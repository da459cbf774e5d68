"""``@tool``: a function becomes a tool."""

from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar, overload

from tools.policy import BreakerPolicy, Rate, ToolPolicy
from tools.registry import ToolDefinition
from tools.schema import ToolSchema, infer_schema

P = ParamSpec("P")
R = TypeVar("R")


@overload
def tool(function: Callable[P, R], /) -> ToolDefinition[P, R]: ...


@overload
def tool(
    *,
    name: str = "",
    roles: Iterable[str] = (),
    timeout_s: float = 30.0,
    cache_ttl_s: float = 0.0,
    rate: str = "",
    retries: int = 0,
    breaker: BreakerPolicy | None = None,
    tags: Iterable[str] = (),
    version: str = "",
    idempotent: bool = False,
) -> Callable[[Callable[P, R]], ToolDefinition[P, R]]: ...


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make *function* a tool: its signature is the schema, its docstring the description.

    ``roles`` are the caller roles that may call it (none given: every role). ``rate`` is ``"10/min"``,
    ``retries`` the tries after the first, ``cache_ttl_s`` how long a result is kept (0: not at all).
    These are defaults: an admin may change each of them while the system runs.
    Raises TypeError or ValueError, naming everything that is wrong, when the function cannot be a tool.
    """
    if function is not None:
        return _define(function)
    return lambda decorated: _define(decorated, **options)


def _define(function: Callable[..., Any], **options: Any) -> ToolDefinition[..., Any]:
    name = options.pop("name", "") or function.__name__
    return define(function, infer_schema(function), name=name, **options)


def define(
    function: Callable[..., Any], schema: ToolSchema, *, name: str, **options: Any
) -> ToolDefinition[..., Any]:
    """A tool of a *function* and a *schema* made apart from it. The *options* are those of ``tool``."""
    facts = {
        "tags": frozenset(options.pop("tags", ())),
        "version": options.pop("version", ""),
        "idempotent": options.pop("idempotent", False),
        "calls": frozenset(options.pop("calls", ())),
    }
    breaker = options.pop("breaker", None) or BreakerPolicy()
    policy = ToolPolicy(
        description=schema.description,
        roles=frozenset(options.pop("roles", ())),
        rate=Rate.parse(options.pop("rate", "")),
        breaker=breaker,
        **options,
    )
    return ToolDefinition(name=name, function=function, schema=schema, policy=policy, **facts)
