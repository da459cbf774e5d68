"""Prometheus counters of tool calls, kept in one file a process and summed up when somebody asks.

The files (prometheus-client's multiprocess mode, in ``DATA_DIR/metrics``) outlive their process, so no
counter falls when a process ends or everything restarts. A scrape covers the processes of this machine:
with several machines, Prometheus scrapes each of them.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache as remember
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from telemetry import semconv
from telemetry.semconv import REFUSED, SUCCEEDED, Outcome
from tools.calls.call import ToolCall, ToolResult
from tools.errors import ToolError

logger = logging.getLogger(__name__)

# From a cache hit to an agent that works for an hour: of longer calls Prometheus says that they took an hour.
DURATION_BUCKETS_S = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    *(120, 300, 600, 1_800, 3_600),
)
# Files of ended processes that may pile up before they are folded into one.
FOLD_ABOVE = 16
# Callers choose their role and tools their error codes: past this many, one more is counted as OTHER.
MOST_VALUES = 100
# Of a histogram each is seventeen series a tool.
MOST_ROLES_TIMED = 20
OTHER = "_other"

_names = CollectorRegistry(auto_describe=False)
CALLS = Counter(
    "tool_calls_total",
    "Tool calls by how they ended: success, failure or refused.",
    ["tool_name", "status", "caller_role"],
    registry=_names,
)
DURATION = Histogram(
    "tool_execution_duration_seconds",
    "How long tool calls took that succeeded or failed, cache hits and retries included.",
    ["tool_name", "caller_role"],
    buckets=DURATION_BUCKETS_S,
    registry=_names,
)
ERRORS = Counter(
    "tool_errors_total",
    "Tool calls that failed or were refused, by error code.",
    ["tool_name", "error_type"],
    registry=_names,
)
CACHE = Counter(
    "tool_cache_operations_total",
    "Look-ups in the result cache: hit or miss.",
    ["tool_name", "operation"],
    registry=_names,
)
RETRIES = Counter(
    "tool_retry_attempts_total",
    "Tries after the first: attempt_number 1 is the first retry of a call.",
    ["tool_name", "attempt_number"],
    registry=_names,
)
HOOK_LOSSES = Counter(
    "tool_hook_losses_total",
    "Events that a hook did not take: raised, late (it took too long), dropped (too many waited).",
    ["hook", "kind", "reason"],
    registry=_names,
)
STUCK = Counter(
    "tool_threads_abandoned_total",
    "Calls of synchronous tools that ended without their thread, which then hung or came back late.",
    ["tool_name"],
    registry=_names,
)
Family = TypeVar("Family", Counter, Histogram)
# What the answers of the cache count as. A refresh is neither: nobody looked.
CACHE_OPERATIONS = {**dict.fromkeys(semconv.ANSWERED_BY_CACHE, "hit"), "miss": "miss"}
FAMILIES = (CALLS, DURATION, ERRORS, CACHE, RETRIES, HOOK_LOSSES, STUCK)


class BoundedLabel:
    """The first *most* values of a label as they are, every later one as OTHER.

    What the files of *kind* hold counts as seen: or each process would bring as many of its own.
    """

    def __init__(self, name: str = "", kind: str = "counter", most: int = MOST_VALUES) -> None:
        self._name, self._kind, self._most = name, kind, most
        self._known: set[str] | None = None

    def __call__(self, value: str) -> str:
        if self._known is None:
            self._known = values_in_files(self._name, self._kind) if self._name else set()
        if value in self._known:
            return value
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(value)
        return value


def values_in_files(label: str, kind: str) -> set[str]:
    """The values of *label* that processes of this machine have counted, those included that have ended."""
    found: set[str] = set()
    for file in folder().glob(f"{kind}_*.db"):
        with suppress(OSError):  # folded in this moment, and so in another file
            for key, *_ in MmapedDict.read_all_values_from_file(str(file)):
                found.add(json.loads(key)[2].get(label, OTHER))
    return found - {OTHER}


_role = BoundedLabel("caller_role")
_role_timed = BoundedLabel("caller_role", kind="histogram", most=MOST_ROLES_TIMED)
_error_type = BoundedLabel("error_type")


def observe_call(call: ToolCall, ending: ToolResult | ToolError, latency_ms: float) -> None:
    """Count *call*, which ended as *ending* (the tracing stage tells of every call)."""
    outcome = ending.layer if isinstance(ending, ToolError) else ending.outcome
    observe(
        call.tool.name,
        outcome,
        latency_ms,
        caller_role=call.caller.role,
        error_type=ending.code if isinstance(ending, ToolError) else "",
        retry_count=ending.retry_count,
        cache=CACHE_OPERATIONS.get(ending.cache, ""),
    )


def observe(
    tool: str,
    outcome: Outcome,
    duration_ms: float,
    *,
    caller_role: str = "",
    error_type: str = "",
    retry_count: int = 0,
    cache: str = "",
) -> None:
    """Count one call that ended; *cache* is "hit", "miss" or "" where the tool does not cache. Never raises."""
    try:
        if outcome in REFUSED:
            status = "refused"
        else:
            status = "success" if outcome in SUCCEEDED else "failure"
            _child(DURATION, tool, _role_timed(caller_role)).observe(duration_ms / 1000)
        _child(CALLS, tool, status, _role(caller_role)).inc()
        if error_type:
            _child(ERRORS, tool, _error_type(error_type)).inc()
        if cache:
            _child(CACHE, tool, cache).inc()
        for attempt in range(retry_count):
            _child(RETRIES, tool, str(attempt + 1)).inc()
    except OSError:
        logger.warning("a call of %s was not counted in /metrics", tool, exc_info=True)


def observe_hook(hook: str, kind: str, reason: str) -> None:
    """Count an event that *hook* did not take. Never raises."""
    _count(HOOK_LOSSES, hook, kind, reason)


def observe_abandoned(tool: str) -> None:
    """Count a call of *tool* that ended without its thread. Never raises."""
    _count(STUCK, tool)


def _count(family: Counter, *values: str) -> None:
    try:
        _child(family, *values).inc()
    except OSError:
        logger.warning("%s was not counted in /metrics", family, exc_info=True)


@remember
def _child(family: Family, *values: str) -> Family:
    """The family's counter of those label values: `labels()` alone costs a microsecond a time."""
    folder().mkdir(parents=True, exist_ok=True)
    return family.labels(*values)


def render(more: Iterable[Metric] = ()) -> bytes:
    """The text that Prometheus reads, *more* families included."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*collect(), *more]))
    return generate_latest(registry)


def collect() -> list[Metric]:
    """The families of all processes of this machine; a family that nobody used yet is there, empty."""
    with _locked(folder()) as path:
        fold(path)
        found = {metric.name: metric for metric in MultiProcessCollector(None, str(path)).collect()}
    families = [found.get(empty.name, empty) for own in FAMILIES for empty in own.describe()]
    return [*families, _hit_rate(found.get("tool_cache_operations"))]


def folder() -> Path:
    """Where the files are (settings.py says so to the library before it is imported)."""
    return Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])


def fold(path: Path, above: int = FOLD_ABOVE) -> None:
    """Add the files of ended processes up into one, once there are more than *above* of a kind."""
    for kind in ("counter", "histogram"):
        ended = [file for file in path.glob(f"{kind}_*.db") if not _is_alive(int(file.stem.split("_")[1]))]
        if len(ended) <= above:
            continue
        total = path / f"{kind}_0.tmp"
        total.unlink(missing_ok=True)
        sums = MmapedDict(str(total))
        for metric in MultiProcessCollector.merge([str(file) for file in ended], accumulate=False):
            for sample in metric.samples:
                names, values = list(sample.labels), list(sample.labels.values())
                key = mmap_key(metric.name, sample.name, names, values, metric.documentation)
                sums.write_value(key, sample.value, 0.0)
        sums.close()
        for file in ended:
            file.unlink()
        total.rename(path / f"{kind}_0.db")


class _Collected:
    """Families that are already there, in the form that the library's registry wants."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    """One scrape at a time on this machine, so that none sees a half-folded folder."""
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _is_alive(pid: int) -> bool:
    """Whether the process is there; 0 names the folded file, which belongs to nobody."""
    return pid > 0 and Path(f"/proc/{pid}").exists()


def _hit_rate(operations: Metric | None) -> Metric:
    looked_up: dict[str, dict[str, float]] = {}
    for sample in operations.samples if operations else ():
        counts = looked_up.setdefault(sample.labels["tool_name"], {"hit": 0.0, "miss": 0.0})
        counts[sample.labels["operation"]] += sample.value
    gauge = GaugeMetricFamily(
        "tool_cache_hit_rate",
        "Share of a tool's cache look-ups that hit since the counters began, 0 to 1; absent before the first.",
        labels=["tool_name"],
    )
    for tool, counts in sorted(looked_up.items()):
        if all_ := counts["hit"] + counts["miss"]:
            gauge.add_metric([tool], counts["hit"] / all_)
    return gauge


class ToolMetricsCollector:
    """What this module counts, as an object: for callers' code that wants one."""

    observe = staticmethod(observe)
    collect = staticmethod(collect)
    render = staticmethod(render)
