"""Answers from kept results, and keeps new ones."""

import hashlib
import json

from opentelemetry import trace
from pydantic_core import from_json, to_jsonable_python

from telemetry import semconv
from telemetry.semconv import Outcome
from tools.call import Caller, Next, ToolCall, ToolResult
from tools.calls import Calls
from tools.hooks import CacheLooked
from tools.state.admissions import Admissions
from tools.state.base import Looked
from tools.state.reporter import Reporter
from tools.telling import NO_HOOKS, Hooks

MAX_RESULT_BYTES = 1_000_000
# What a tool may take that makes its answer one for this caller alone.
SEE_CALLER = frozenset({Caller, ToolCall, Calls})


class Caching:
    """Keeps results, never errors. The key is over coerced arguments, so ``"5"`` and 5 find the same."""

    def __init__(self, admissions: Admissions, reporter: Reporter, hooks: Hooks = NO_HOOKS) -> None:
        self._admissions = admissions
        self._reporter = reporter
        self._hooks = hooks

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        ttl_s = call.policy.cache_ttl_s
        if ttl_s <= 0 or call.idempotency_key:  # whoever sends a key wants the call made
            return await call_next(call)
        tool, key = call.tool.name, cache_key(call)
        call = await self._admissions.ask(call, key)
        cached = call.admission.cached if call.admission else None
        found = "miss" if cached is None else "hit"
        trace.get_current_span().set_attribute(semconv.CACHE, found)
        if self._hooks.on_cache:
            self._hooks.tell("on_cache", CacheLooked(call, found))
        if cached is not None:
            self._reporter.add(Looked(tool, key, hit=True))
            return ToolResult(
                tool=tool,
                tool_call_id=call.tool_call_id,
                result=from_json(cached),
                outcome=Outcome.FROM_CACHE,
                encoded=cached,
            )
        value: bytes | None = None
        try:
            result = await call_next(call)
            if len(result.encoded) <= MAX_RESULT_BYTES:
                value = result.encoded
            return result
        finally:
            self._reporter.add(Looked(tool, key, hit=False, value=value, ttl_s=ttl_s))


def cache_key(call: ToolCall) -> str:
    """SHA-256 over the tool, its arguments and, where the tool sees or calls for its caller, role and session.

    Over the time to live too: an admin who shortens it means the results that are already kept.
    """
    scope: list[str] = []
    if not SEE_CALLER.isdisjoint(call.tool.schema.injected.values()):
        scope = [call.caller.role, call.caller.session_id]
    text = json.dumps(
        [call.tool.name, scope, call.policy.cache_ttl_s, to_jsonable_python(call.arguments)],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()
