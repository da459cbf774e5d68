"""``@tool`` makes a tool of a function, ``tool_from_schema`` of a function and a JSON Schema."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar, overload

from tools.definition.cache_rules import Arguments, CacheScope, Tags, make_rules
from tools.definition.options import given, read_policy, read_traits
from tools.definition.policy import BreakerPolicy
from tools.definition.probe import Probe, read_probing
from tools.definition.schema import NotATool, ToolSchema, infer_schema
from tools.definition.schemas.inference import name_of
from tools.definition.schemas.signatures import NO_DESCRIPTION, schema_from_document
from tools.definition.tool import ToolDefinition, faults_of_name

P = ParamSpec("P")
R = TypeVar("R")


@overload
def tool(function: Callable[P, R], /) -> ToolDefinition[P, R]: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    roles: Iterable[str] = (),
    timeout_s: float = 30.0,
    cache_ttl_s: float = 0.0,
    cache_stale_s: float = 0.0,
    cache_errors_s: float = 0.0,
    cache_scope: CacheScope | str | None = None,
    cache_when: Callable[[Arguments], bool] | None = None,
    reads: Tags | None = None,
    writes: Tags | None = None,
    semantic: str = "",
    semantic_threshold: float = 0.0,
    rate: str = "",
    caller_rate: str = "",
    quota_day: int = 0,
    quota_month: int = 0,
    retries: int = 0,
    breaker: BreakerPolicy | None = None,
    tags: Iterable[str] = (),
    version: str = "",
    idempotent: bool = False,
    deadline_s: float = 60.0,
    retry_on: Iterable[str] = (),
    hedge_after_s: float = 0.0,
    max_concurrent: int = 0,
    max_queued: int = 100,
    read_only: bool = False,
    probe: Probe | Callable[..., Any] | None = None,
    sample: Mapping[str, Any] | None = None,
) -> Callable[[Callable[P, R]], ToolDefinition[P, R]]: ...


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make *function* a tool: its signature is the schema, its docstring the description if none is given.

    ``roles`` are the caller roles that may call it (none given: every role). ``rate`` is ``"10/min"`` or
    ``"10/min burst 30"``, ``caller_rate`` the same of each caller, ``retries`` the tries after the first,
    ``cache_ttl_s`` how long a result is kept (0: not at all); the other fields of ToolPolicy are options too.
    These are defaults: an admin may change them while the system runs. None is as not given where that means none.
    ``cache_scope``, ``cache_when``, ``reads``, ``writes`` and ``semantic`` say what may be kept (docs/caching.md);
    ``probe``, or ``sample`` with ``read_only``, how it is asked whether it works (docs/health.md).
    Raises NotATool (a TypeError and a ValueError), naming everything that is wrong, when it cannot be a tool.
    """
    if function is not None:
        return _define(function)
    return lambda decorated: _define(decorated, **options)


def _define(function: Callable[..., Any], **options: Any) -> ToolDefinition[..., Any]:
    name = options.pop("name", None) or name_of(function)
    description = options.pop("description", None) or ""
    faults: list[str] = []
    if not isinstance(description, str):
        faults.append(f"description must be a text, not {description!r}")
        description = ""
    try:
        schema = infer_schema(function, description)
    except NotATool as error:
        faults += error.faults
        schema = None
    return _build(name, function, schema, options, faults)


def tool_from_schema(
    *,
    name: str,
    description: str,
    parameters: Mapping[str, Any],
    function: Callable[..., Any],
    output: Mapping[str, Any] | None = None,
    **options: Any,
) -> ToolDefinition[..., Any]:
    """A tool whose arguments are described by JSON Schema (2020-12 or draft 7): *parameters*, and *output* too.

    *function* is called with the arguments by name; those that it marks ``Injected[...]`` stay hidden.
    *options* are those of ``@tool``. No reference is ever fetched. Raises NotATool as ``@tool`` does.
    """
    faults: list[str] = []
    schema = schema_from_document(description, parameters, output, function, faults)
    return _build(name, function, schema, options, faults)


def define(
    function: Callable[..., Any], schema: ToolSchema, *, name: str, **options: Any
) -> ToolDefinition[..., Any]:
    """A tool of a *function* and a *schema* made apart from it. The *options* are those of ``tool``."""
    said: Any = schema.description  # whatever its type says
    faults = [] if isinstance(said, str) and said.strip() else [NO_DESCRIPTION]
    return _build(name, function, schema, options, faults)


def _build(
    name: str,
    function: Callable[..., Any],
    schema: ToolSchema | None,
    options: dict[str, Any],
    faults: list[str],
) -> ToolDefinition[..., Any]:
    """The definition, or NotATool with *faults* and those of its name and options."""
    faults = [*faults_of_name(name), *faults]
    options = given(options)
    traits = read_traits(options, faults) | read_probing(options, schema, faults)
    rules = make_rules(options, schema, faults)
    policy = read_policy(options, faults)
    faults += policy.faults_of_hedging(traits["idempotent"])
    if faults or schema is None:
        raise NotATool(name, faults)
    policy = replace(policy, description=schema.description)
    return ToolDefinition(name=name, function=function, schema=schema, policy=policy, cache=rules, **traits)
