"""Neither a probe nor the canary is anybody's call: no figure of any kind has them."""

from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from telemetry.models import Heartbeat, Span
from telemetry.process import heartbeats
from telemetry.recorder import records
from telemetry.semconv import CANARY_TOOL
from telemetry.spans import finished
from telemetry.store.writer import get_writer
from tools import tool
from tools.definition.schemas.faults import FaultyTools
from tools.errors import ProviderError
from tools.health import canary, rounds
from tools.running import runtime
from tools.state.base import BreakerState
from tools.state.quotas.owners import quotas_of_caller


@pytest.fixture
def counters(monkeypatch, tmp_path):
    """What /metrics counts of calls, as text."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    counted = []
    monkeypatch.setattr("tools.running.executor.observe_call", lambda *told: counted.append(told))
    monkeypatch.setattr("tools.running.executor.observe_abandoned", counted.append)
    return counted


class Listens:
    """A hook that hears all there is."""

    def __init__(self):
        self.heard = []

    def on_start(self, event):
        self.heard.append(event)

    on_end = on_error = on_retry = on_cache = on_start


@pytest.fixture
def limited():
    """A tool with everything that a call could use up, probed by its sample."""

    @tool(
        read_only=True,
        sample={"number": 1},
        rate="2/day",
        caller_rate="2/day",
        quota_day=2,
        cache_ttl_s=60,
        max_concurrent=1,
    )
    async def limited(number: int) -> int:
        """Is limited."""
        if number < 0:
            raise OSError
        return number

    return limited


async def left_behind(executor, tool, clock):
    """All that shared state knows of calls of *tool*."""
    await executor.flush()
    state = executor.state
    statistics = await state.cache_statistics()
    quotas = quotas_of_caller(tool.name, tool.policy, "whoever")
    return {
        "counts": dict(await state.run_counts()).get(tool.name),
        "cache": (statistics["size"], statistics["hits"], statistics["misses"]),
        "quotas": await state.quotas_used(quotas),
        "breaker": state.breaker_state(tool.name),
    }


async def test_probes_leave_nothing_behind(make_executor, limited, clock, counters, spans):
    hook = Listens()
    executor = make_executor(limited, hooks=[hook])
    before = await left_behind(executor, limited, clock)
    for _ in range(12):
        assert await rounds.take(executor, forced=True, now=clock)
        clock.now += 30
    assert rounds.probed_by_tool(await executor.state.notes())["limited"].ok
    assert await left_behind(executor, limited, clock) == before
    assert (counters, hook.heard, spans.get_finished_spans()) == ([], [], ())
    # The two tokens of its rate and the two calls of its quota are there as ever.
    for number in (1, 2):
        await executor.execute(name="limited", payload={"number": number})


async def test_failing_probes_open_no_breaker(make_executor, clock):
    def fails():
        raise OSError

    @tool(probe=fails)
    async def asked() -> str:
        """Is asked."""
        return "answers"

    executor = make_executor(asked)
    for _ in range(20):
        await rounds.take(executor, forced=True, now=clock)
        clock.now += 5
    await executor.flush()
    assert executor.state.breaker_state("asked") is BreakerState.CLOSED
    assert (await executor.execute(name="asked", payload={})).result == "answers"


async def test_the_canary_goes_through_all_stages_and_is_in_no_count(
    make_executor, limited, clock, counters, spans
):
    hook = Listens()
    executor = make_executor(limited, hooks=[hook])
    sung = await canary.sing_in_turn(executor, now=clock)
    assert sung.ok, sung.error
    [span] = spans.get_finished_spans()
    assert span.attributes["gen_ai.tool.name"] == CANARY_TOOL
    assert span.attributes["salesboost.breaker.state"] == "closed"  # as the stages say it, from the inside
    assert span.parent is None
    assert (counters, hook.heard) == ([], [])
    assert CANARY_TOOL not in executor.registry
    assert CANARY_TOOL not in runtime.tool_names()


async def test_the_canary_is_called_by_the_minute_by_one(make_executor, limited, clock):
    one, other = make_executor(limited), make_executor(limited)  # which share the state of the test
    assert await canary.sing_in_turn(one, now=clock)
    assert await canary.sing_in_turn(other, now=clock) is None
    clock.now += 61
    assert await canary.sing_in_turn(other, now=clock)


async def test_a_canary_that_cannot_be_called_is_told(make_executor, limited, clock, monkeypatch):
    executor = make_executor(limited)

    async def silent(*told, **more):
        raise ProviderError("nothing runs")

    monkeypatch.setattr(executor, "execute_unheard", silent)
    sung = await canary.sing_in_turn(executor, now=clock)
    assert (sung.ok, sung.error) == (False, "nothing runs")


def test_no_tool_may_take_the_canarys_name(make_executor):
    @tool(name=CANARY_TOOL)
    async def other() -> str:
        """Would be in no figure."""
        return ""

    with pytest.raises(FaultyTools, match="the name of SalesBoost's own canary: rename the tool"):
        make_executor(other)


@pytest.mark.django_db(transaction=True)
async def test_its_span_arrives_in_the_store_where_it_leaves_a_beat(make_executor, limited, clock, spans):
    await canary.sing_in_turn(make_executor(limited), now=clock)
    [span] = spans.get_finished_spans()
    await sync_to_async(records.store)([finished.encode(span)])
    assert await Heartbeat.objects.filter(name=heartbeats.CANARY).aexists()
    assert not await Span.objects.filter(trace_id=UUID(int=span.context.trace_id)).aexists()
    await sync_to_async(get_writer().close)()
