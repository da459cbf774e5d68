"""Calls the tool that was chosen, and tells how it went."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

from telemetry.semconv import Outcome
from tools.calls.call import ToolResult
from tools.calls.request import Request
from tools.decisions import live
from tools.definition.registry import ToolRegistry
from tools.errors import ToolError
from tools.running.executor import ToolExecutor
from tools.running.runtime import get_executor
from tools.selection.group import Group
from tools.selection.members import NOT_THERE, SWITCHED_OFF
from tools.selection.process import get_tool_selector
from tools.selection.reward import Told
from tools.selection.selector import ToolSelector

# How calls end of which something is learnt of the tool. An answer from the cache is no work of it, what was
# refused never reached it, and wrong arguments are the caller's.
WORKED = (Outcome.FIRST_TRY, Outcome.AFTER_RETRY, Outcome.AFTER_FALLBACK)
FAILED = (Outcome.BREAKER, Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.RETURNED_FAILURE, Outcome.TOOL_BUG)


async def execute_best(
    tool_group: Sequence[str] | str,
    payload: Any,
    *,
    features: Mapping[str, float] | None = None,
    policy: str = "",
    selector: ToolSelector | None = None,
    executor: ToolExecutor | None = None,
    **request: Unpack[Request],
) -> ToolResult:
    """Choose one of *tool_group*, call it with *payload*, and have the group learn from it.

    The rest is as of ``ToolExecutor.execute``, whose errors it raises. The call's span says why it is this tool.
    """
    selector, executor = selector or get_tool_selector(), executor or get_executor()
    closed = partial(cannot_run, executor.registry)
    decision = await selector.decide(tool_group, features=features, policy=policy, closed=closed)
    request["chosen"] = decision.chosen
    began = time.perf_counter()
    try:
        result = await executor.execute(name=decision.member, payload=payload, **request)
    except ToolError as error:
        await _tell(selector, decision.id, learnt_of(error, (time.perf_counter() - began) * 1000))
        raise
    await _tell(selector, decision.id, learnt_of(result, result.latency_ms))
    return result


def execute_best_sync(tool_group: Sequence[str] | str, payload: Any, **asked: Any) -> ToolResult:
    """``execute_best`` for callers without an event loop of their own; blocks the thread until the answer."""
    executor = asked.get("executor") or get_executor()
    return executor.wait(execute_best(tool_group, payload, **asked))


def learnt_of(ending: ToolResult | ToolError, took_ms: float) -> Told | None:
    """What a call that ended says of its tool; None for nothing: then its decision stays without feedback."""
    if isinstance(ending, ToolResult):
        return Told(True, took_ms) if ending.outcome in WORKED and not ending.replayed else None
    if ending.layer not in FAILED or ending.code == "cancelled":
        return None
    # A resting tool is not to blame for this call, but another one would have been the better choice.
    if not ending.blames_tool and ending.layer is not Outcome.BREAKER:
        return None
    return Told(False, took_ms)


def cannot_run(registry: ToolRegistry, group: Group) -> Mapping[str, str]:
    """The members that *registry* has no tool for, and those that are switched off."""
    there = {name: registry.get(name) for name in group.members if name in registry}
    off = [name for name, tool in there.items() if not live.policy(tool).enabled]
    missing = dict.fromkeys((name for name in group.members if name not in there), NOT_THERE)
    return {**dict.fromkeys(off, SWITCHED_OFF), **missing}


async def _tell(selector: ToolSelector, decision_id: str, told: Told | None) -> None:
    if told is not None:
        await selector.feedback(decision_id, told)
