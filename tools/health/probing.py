"""Asks one tool whether it works. Nobody's call: no limit, breaker, cache, counter or span has part in it."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import replace
from typing import Any

from tools.calls.call import ToolCall
from tools.definition.policy import ToolPolicy
from tools.definition.tool import ToolDefinition
from tools.errors import ToolError
from tools.health.probed import How, Probed, how, short, terms
from tools.process.threads import ToolThreads
from tools.running.executor import ToolExecutor

logger = logging.getLogger(__name__)
EXECUTION = "tools.stages.execution.Execution"
DRY_RUN = ("tools.stages.validation.Validation", EXECUTION)
# An async probe that does not let itself be cancelled is left behind so long after its time.
GRACE_S = 0.25


class Prober:
    """Probes of one process. *now* is in seconds since 1970."""

    def __init__(
        self,
        executor: ToolExecutor,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._executor = executor
        self._now = now
        self._clock = clock
        # By tool, whether what a probe began still runs: its time is over, but a thread cannot be stopped.
        self._left: dict[str, Callable[[], bool]] = {}
        # By tool, the fault that was logged last: the same again is no news.
        self._logged: dict[str, str] = {}

    async def probe(self, tool: ToolDefinition[..., Any]) -> Probed:
        """Ask *tool*, by its probe or its sample. Never raises, and takes no longer than it may."""
        began, asked = self._clock(), terms(tool)
        error = await self._error(tool, asked.timeout_s)
        took_s = self._clock() - began
        if not error:
            self._logged.pop(tool.name, None)
        is_slow = not error and took_s >= asked.slow_s
        return Probed(self._now(), round(took_s * 1000, 1), not error, is_slow, short(error))

    async def _error(self, tool: ToolDefinition[..., Any], timeout_s: float) -> str:
        if self._left.get(tool.name, _ended)():
            return "The last probe of it still hangs."
        threads = ToolThreads(most=1, most_stuck=0)
        # Of nobody's trace, role or deadline: whoever had it asked is not its caller.
        asked = asyncio.create_task(self._ask(tool, threads), context=Context())
        # At once: who waits for it may be cancelled himself.
        self._left[tool.name] = lambda: bool(threads.stuck) or not asked.done()
        try:
            await asyncio.wait([asked], timeout=timeout_s + GRACE_S)
        finally:
            threads.close()
            if not asked.done():
                asked.cancel()
                asked.add_done_callback(_heard)
        return asked.result() if asked.done() else f"It did not answer within {timeout_s:g} s."

    async def _ask(self, tool: ToolDefinition[..., Any], threads: ToolThreads) -> str:
        """Why it does not work; empty where it does."""
        asked, payload, stages = as_call(tool)
        try:
            result = await self._executor.execute_unheard(
                asked, payload, stages=stages, threads=threads, log_fault=self._log_of_call
            )
        except ToolError as error:
            return error.detail
        except Exception as error:
            self._log(tool.name, error)
            return f"It could not be probed ({type(error).__name__}): the log holds the cause."
        if how(tool) is How.PROBE and result.result is False:
            return "Its probe answers that it does not work."
        return ""

    def _log_of_call(self, call: ToolCall, what: str, error: BaseException) -> None:
        self._log(call.tool.name, error)

    def _log(self, tool: str, error: BaseException) -> None:
        """Log *error* with its traceback, once until it is another, or the tool works again."""
        fault = f"{type(error).__name__}: {short(str(error))}"
        if self._logged.get(tool) != fault:
            self._logged[tool] = fault
            logger.error("The probe of %s failed; this is told once, until it changes", tool, exc_info=error)


def as_call(tool: ToolDefinition[..., Any]) -> tuple[ToolDefinition[..., Any], Any, tuple[str, ...]]:
    """What is called to probe *tool*, with what, and through which stages."""
    if how(tool) is How.PROBE:
        assert tool.probe is not None
        policy = ToolPolicy(timeout_s=tool.probe.timeout_s, deadline_s=tool.probe.timeout_s)
        function, schema = tool.probe.function, tool.probe.schema
        return ToolDefinition(name=tool.name, function=function, schema=schema, policy=policy), {}, (EXECUTION,)
    timeout_s = terms(tool).timeout_s
    policy = replace(tool.policy, timeout_s=timeout_s, deadline_s=timeout_s, hedge_after_s=0.0)
    return replace(tool, policy=policy), tool.sample, DRY_RUN


def _ended() -> bool:
    return False


def _heard(asked: "asyncio.Task[str]") -> None:
    """Take what a probe that came too late raised, or asyncio would log that nobody did."""
    if not asked.cancelled():
        asked.exception()
