"""Equal calls that overlap run the tool once."""

import asyncio
import subprocess
import sys

import pytest
from django.conf import settings

from tools import Caller, tool
from tools.cache.key import cache_key
from tools.calls.call import ToolCall
from tools.errors import DeadlineExceeded, ProviderError, RateLimited, ReturnedFailure
from tools.state.base import Look, Looked, Lookup, Question

ran = []


@tool(cache_ttl_s=60)
async def slow(number: int) -> int:
    """Takes its time."""
    ran.append(number)
    await asyncio.sleep(0.05)
    return number


@tool(cache_ttl_s=60)
async def failing(number: int) -> int:
    """Takes its time, and fails."""
    ran.append(number)
    await asyncio.sleep(0.05)
    raise ProviderError("down")


class OutOfPaper(ReturnedFailure):
    """A kind of error with a constructor of its own."""

    def __init__(self, printer, *, tray):
        super().__init__(f"{printer} has no paper in tray {tray}", code="out_of_paper", hint="fill it")
        self.tray = tray


@tool(cache_ttl_s=60)
async def printing(number: int) -> int:
    """Takes its time, and cannot do it."""
    await asyncio.sleep(0.05)
    raise OutOfPaper("lp0", tray=number)


@tool(cache_ttl_s=60, rate="1/hour")
async def limited(number: int) -> int:
    """May run once."""
    await asyncio.sleep(0.05)
    return number


@pytest.fixture(autouse=True)
def none_ran():
    ran.clear()


def many(executor, name, times, **request):
    calls = (executor.execute(name=name, payload={"number": 7}, **request) for _ in range(times))
    return asyncio.gather(*calls, return_exceptions=True)


async def test_a_stampede_of_two_hundred_equal_calls_runs_the_tool_once(make_executor):
    results = await many(make_executor(slow), "slow", 200)
    assert ran == [7]
    assert [result.result for result in results] == [7] * 200
    assert sorted(result.cache for result in results) == ["joined"] * 199 + ["miss"]


async def test_each_call_of_a_stampede_has_a_span_of_its_own(spans, make_executor):
    await many(make_executor(slow), "slow", 20)
    found = [span.attributes for span in spans.get_finished_spans()]
    assert len({attributes["gen_ai.tool.call.id"] for attributes in found}) == 20
    assert [attributes["salesboost.outcome"] for attributes in found].count("from_cache") == 19


async def test_those_who_wait_get_the_failure_of_the_one_that_ran(make_executor):
    errors = await many(make_executor(failing), "failing", 20)
    assert ran == [7]
    assert {str(error) for error in errors} == {"down"}
    assert len({error.tool_call_id for error in errors}) == 20


async def test_an_error_of_a_kind_of_its_own_reaches_all_whole(make_executor):
    errors = await many(make_executor(printing), "printing", 5)
    assert {type(error) for error in errors} == {OutOfPaper}
    assert {(str(error), error.code, error.hint, error.tray) for error in errors} == {
        ("lp0 has no paper in tray 7", "out_of_paper", "fill it", 7)
    }
    assert sorted(error.cache for error in errors) == ["joined"] * 4 + ["miss"]


async def test_a_cancelled_leader_hands_over(make_executor):
    executor = make_executor(slow)
    leader = asyncio.create_task(executor.execute(name="slow", payload={"number": 7}))
    await until(lambda: ran)
    followers = many(executor, "slow", 5)
    await asyncio.sleep(0)
    leader.cancel()
    assert [result.result for result in await followers] == [7] * 5
    assert ran == [7, 7]


async def test_a_refusal_is_for_the_one_who_asked(make_executor):
    executor = make_executor(limited)
    await executor.execute(name="limited", payload={"number": 1})
    assert {type(error) for error in await many(executor, "limited", 5)} == {RateLimited}


async def test_whoever_is_in_a_hurry_waits_no_longer(make_executor):
    executor = make_executor(slow)
    leader = asyncio.create_task(executor.execute(name="slow", payload={"number": 7}))
    await until(lambda: ran)
    with pytest.raises(DeadlineExceeded):
        await executor.execute(name="slow", payload={"number": 7}, deadline_s=0.01)
    assert (await leader).result == 7


async def test_calls_on_other_event_loops_join_too(make_executor):
    executor = make_executor(slow)
    threads = [asyncio.to_thread(executor.execute_sync, name="slow", payload={"number": 7}) for _ in range(3)]
    results = await asyncio.gather(*threads, many(executor, "slow", 3))
    assert ran == [7]
    assert len(results) == 4


def claim_of(definition, number):
    """The question of a call in another process that fetches the same."""
    arguments = {"number": number}
    call = ToolCall(
        tool=definition, policy=definition.policy, payload=arguments, arguments=arguments, caller=Caller()
    )
    return Question(definition.name, lookup=Lookup(cache_key(call), claim_s=1000))


async def test_a_call_waits_for_another_process_for_half_of_its_timeout_and_then_runs(make_executor, state, clock):
    await state.ask(claim_of(slow, 7))
    began = clock.now
    result = await make_executor(slow).execute(name="slow", payload={"number": 7})
    assert (result.result, ran) == (7, [7])
    assert 15 <= clock.now - began < 15.2


async def test_a_call_gets_what_another_process_fetched_meanwhile(make_executor, state, clock):
    question = claim_of(slow, 7)
    await state.ask(question)

    async def sleep(seconds):
        await clock.sleep(seconds)
        looked = Looked("slow", question.lookup.key, Look.MISS, b"8", 60)
        await state.report([looked])

    result = await make_executor(slow, sleep=sleep).execute(name="slow", payload={"number": 7})
    assert (result.result, result.cache, ran) == (8, "hit", [])


STAMPEDE = """
import asyncio, sys, django
django.setup()
from tools import ToolExecutor, ToolRegistry, tool
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.state.valkey import ValkeyState

runs = 0

@tool(cache_ttl_s=60)
async def slow(number: int) -> int:
    "Takes its time."
    global runs
    runs += 1
    await asyncio.sleep(0.5)
    return number

async def main(executor):
    print("ready", flush=True)
    sys.stdin.readline()
    results = await asyncio.gather(*(executor.execute(name="slow", payload={"number": 1}) for _ in range(100)))
    print(runs, sum(result.result for result in results), flush=True)
    await executor.flush()

registry = ToolRegistry()
registry.register(slow)
with live.pinned(Snapshot()):
    executor = ToolExecutor(registry, state=ValkeyState(sys.argv[1], prefix=sys.argv[2]))
    asyncio.run(main(executor))
    executor.close()
"""


def test_two_processes_with_a_hundred_calls_each_run_the_tool_once(tmp_path):
    command = [sys.executable, "-c", STAMPEDE, settings.REDIS_URL, f"tests:{tmp_path.name}:"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=30)[0].split() for process in processes]
    assert sorted(runs for runs, _ in said) == ["0", "1"]
    assert [total for _, total in said] == ["100", "100"]


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)
