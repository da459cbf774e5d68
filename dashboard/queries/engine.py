"""What pages show of the engine: which tools there are, their breakers, the cache, Valkey, and deployments."""

from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tools import breakers, cache
from tools.health import reports
from tools.health.probed import Probed
from tools.process.background import BackgroundLoop
from tools.running.runtime import get_executor

if TYPE_CHECKING:
    from tools.llm.providers.status import Status

# A page would rather say nothing of the cache than wait.
WAIT_S = 1.0
# Connections to Valkey belong to an event loop: one for all pages of the process.
_loop = BackgroundLoop("salesboost-dashboard")


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine as this process sees it: breakers in words; ``cache`` is None when it could not be asked."""

    tools: Sequence[str] = ()
    breakers: Mapping[str, str] = field(default_factory=dict)
    cache: Mapping[str, Any] | None = None
    degraded_since: datetime | None = None  # Valkey is away, and each process goes on by itself


def look() -> Engine:
    """The engine now: one round trip to Valkey. Call it in a thread."""
    executor = get_executor()
    names = executor.registry.names()
    words = {name: status.words for name, status in breakers.statuses().items()}
    asked = _loop.submit(cache.get_statistics())
    try:
        statistics = asked.result(WAIT_S)
    except (Late, OSError):
        asked.cancel()
        statistics = None
    since = getattr(executor.state, "degraded_since", None)
    away = None if since is None else datetime.fromtimestamp(since, UTC)
    return Engine(names, words, statistics, away)


def health() -> tuple[Mapping[str, Any], Probed | None] | None:
    """How each tool is, and what the canary's last call came to; None where that could not be asked.

    Call it in a thread.
    """
    asked = _loop.submit(reports.look())
    try:
        return asked.result(WAIT_S)
    except (Late, OSError):
        asked.cancel()
        return None


def deployments() -> "Sequence[Status] | None":
    """Each deployment as it stands, by name; None where that could not be asked. Call it in a thread."""
    # Loaded by the first who looks: a server that asks no model does without.
    from tools.llm.providers import live
    from tools.llm.providers.status import statuses

    asked = _loop.submit(statuses(live.current(), get_executor().state))
    try:
        return asked.result(WAIT_S)
    except (Late, OSError):
        asked.cancel()
        return None
