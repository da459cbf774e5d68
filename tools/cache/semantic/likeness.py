"""Finds kept results of questions that mean the same, for tools that name the argument that is a question."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from opentelemetry import trace

from telemetry import semconv
from tools.cache.key import kinship
from tools.cache.semantic import questions
from tools.calls.call import ToolCall

logger = logging.getLogger(__name__)
# A call waits no longer for Postgres; without an answer it runs.
TIMEOUT_S = 0.25
THREADS = 2


class Likeness:
    """Costs a call that its process cannot answer one query, before it asks shared state: which then looks for its
    own result and for those of the questions like it, in the same round trip.

    What it finds is a key and no result, so times, tags and clearing are those of the result itself.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="salesboost-likeness")
        self._away = False

    async def like(self, call: ToolCall) -> dict[str, float]:
        """Keys of results of questions like that of *call*, the most alike first, each with its likeness."""
        text, threshold = _question(call), call.policy.semantic_threshold
        if not text:
            return {}
        find = partial(questions.find, kinship(call, call.tool.cache.semantic), text, threshold)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found: dict[str, float] = await asyncio.get_running_loop().run_in_executor(self._threads, find)
        except Exception as error:  # whatever it is: a call can do without
            self._note(error)
            return {}
        self._away = False
        return found

    def learn(self, call: ToolCall, key: str, kept_s: float) -> None:
        """Remember the question of *call*, whose result is kept under *key*; in the background."""
        text = _question(call)
        if text:
            kin = kinship(call, call.tool.cache.semantic)
            self._threads.submit(self._quietly, partial(questions.remember, kin, text, key, kept_s))

    def note(self, similarity: float) -> None:
        trace.get_current_span().set_attribute(semconv.CACHE_SIMILARITY, round(similarity, 4))

    def _quietly(self, remember: Callable[[], None]) -> None:
        try:
            remember()
        except Exception as error:
            self._note(error)

    def _note(self, error: Exception) -> None:
        if not self._away:
            logger.warning("questions in other words are not found: %r", error)
        self._away = True


def _question(call: ToolCall) -> str:
    """The text that may be asked in other words; "" where only the same words will do."""
    rules = call.tool.cache
    if not rules.semantic or call.policy.semantic_threshold <= 0:
        return ""
    text: Any = call.arguments.get(rules.semantic)
    return text if isinstance(text, str) else ""
