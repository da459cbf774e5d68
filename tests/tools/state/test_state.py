"""What both kinds of shared state promise."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerPolicy, Rate
from tools.state.base import ALL_RESULTS, BreakerState, Look, Looked, Lookup, Question, Ran, RunCounts, tag_of_tool

POLICY = BreakerPolicy(failures=3, share=0.5, window_s=30, cooldown_s=15)
FAILED = Ran("crm", Outcome.PROVIDER, True, POLICY)
WORKED = Ran("crm", Outcome.FIRST_TRY, False, POLICY)
CRM = Question("crm", probe_lease_s=20)


async def test_a_bucket_gives_as_many_tokens_as_it_holds(either):
    question = Question("crm", rate=Rate(3, 60))
    assert [(await either.ask(question)).allowed for _ in range(4)] == [True, True, True, False]


async def test_the_wait_for_a_token_is_exact(either, clock):
    question = Question("crm", rate=Rate(7, 60))
    for _ in range(7):
        await either.ask(question)
    wait_s = (await either.ask(question)).retry_after_s
    assert wait_s == pytest.approx(60 / 7, abs=1e-5)
    clock.now += wait_s - 0.001
    assert not (await either.ask(question)).allowed
    clock.now += 0.0011
    assert (await either.ask(question)).allowed


async def test_a_refusal_costs_no_token(either, clock):
    question = Question("crm", rate=Rate(1, 10))
    await either.ask(question)
    for _ in range(5):
        assert (await either.ask(question)).retry_after_s == pytest.approx(10, abs=1e-4)


async def test_a_breaker_opens_after_enough_failures(either):
    await either.report([FAILED, FAILED])
    assert (await either.ask(CRM)).breaker is BreakerState.CLOSED
    await either.report([FAILED])
    answer = await either.ask(CRM)
    assert (answer.breaker, answer.retry_after_s) == (BreakerState.OPEN, pytest.approx(15, abs=1e-3))


async def test_a_breaker_stays_closed_while_most_calls_work(either):
    await either.report([WORKED] * 7)
    await either.report([FAILED] * 6)
    assert (await either.ask(CRM)).breaker is BreakerState.CLOSED


async def test_failures_are_forgotten_after_the_window(either, clock):
    await either.report([FAILED, FAILED])
    clock.now += 31
    await either.report([FAILED])
    assert (await either.ask(CRM)).breaker is BreakerState.CLOSED


async def test_one_call_alone_probes_a_rested_tool(either, clock):
    await either.report([FAILED] * 3)
    clock.now += 15
    answers = [(await either.ask(CRM)).breaker for _ in range(3)]
    assert answers == [BreakerState.HALF_OPEN, BreakerState.OPEN, BreakerState.OPEN]


async def test_a_probe_that_works_closes_the_breaker(either, clock):
    await either.report([FAILED] * 3)
    clock.now += 15
    await either.report([replace(WORKED, probe=(await either.ask(CRM)).probe)])
    assert (await either.ask(CRM)).breaker is BreakerState.CLOSED
    await either.report([FAILED, FAILED])
    assert (await either.ask(CRM)).breaker is BreakerState.CLOSED


async def test_a_probe_that_fails_lets_the_tool_rest_again(either, clock):
    await either.report([FAILED] * 3)
    clock.now += 15
    await either.report([replace(FAILED, probe=(await either.ask(CRM)).probe)])
    assert (await either.ask(CRM)).retry_after_s == pytest.approx(30, abs=1e-3)


async def test_a_cancelled_probe_leaves_the_next_call_to_probe(either, clock):
    await either.report([FAILED] * 3)
    clock.now += 15
    await either.report([Ran("crm", None, None, POLICY, (await either.ask(CRM)).probe)])
    assert (await either.ask(CRM)).breaker is BreakerState.HALF_OPEN


async def test_a_lost_probe_is_replaced_when_its_lease_ends(either, clock):
    await either.report([FAILED] * 3)
    clock.now += 15
    await either.ask(CRM)
    clock.now += 20
    assert (await either.ask(CRM)).breaker is BreakerState.HALF_OPEN


async def test_a_resting_tool_costs_no_token(either, clock):
    question = Question("crm", rate=Rate(1, 3600), probe_lease_s=20)
    await either.report([FAILED] * 3)
    await either.ask(question)
    clock.now += 15
    answer = await either.ask(question)
    assert (answer.allowed, answer.breaker) == (True, BreakerState.HALF_OPEN)


async def test_a_returned_failure_does_not_open_the_breaker(either):
    await either.report([Ran("crm", Outcome.RETURNED_FAILURE, False, POLICY)] * 10)
    assert (await either.ask(CRM)).breaker is BreakerState.CLOSED


async def test_a_kept_result_is_found_and_costs_no_token(either):
    question = Question("crm", lookup=Lookup("k"), rate=Rate(1, 3600))
    await either.report([Looked("crm", "k", Look.MISS, value=b'{"a":1}', ttl_s=60)])
    assert [(await either.ask(question)).cached for _ in range(3)] == [b'{"a":1}'] * 3


async def test_statistics_count_hits_misses_and_what_is_kept(either):
    await either.report(
        [
            Looked("crm", "k", Look.MISS, b"1", 60),
            Looked("crm", "m", Look.MISS),
            Looked("kb", "n", Look.MISS, b"2", 60),
        ]
    )
    await either.report([Looked("crm", "k", Look.HIT), Looked("crm", "k", Look.HIT)])
    found = await either.cache_statistics()
    assert (found["hits"], found["misses"], found["hit_rate"], found["size"]) == (2, 3, 0.4, 2)
    row = found["by_tool"]["crm"]
    assert (row["hits"], row["misses"], row["hit_rate"], row["evictions"], row["size"]) == (2, 2, 0.5, 0, 1)


async def test_the_most_read_results_come_first(either, clock):
    await either.report([Looked("crm", key, Look.MISS, b"1", 60, asked=f"what {key}?") for key in "abc"])
    await either.report([Looked("crm", "b", Look.HIT), Looked("crm", "b", Look.HIT), Looked("crm", "c", Look.HIT)])
    top = await either.cache_top(2)
    assert [(row["tool"], row["key"], row["hits"]) for row in top] == [("crm", "b", 2), ("crm", "c", 1)]
    assert 0 < top[0]["expires_in_s"] <= 60
    assert top[0]["asked"] == "what b?"
    assert top[0]["last_accessed"] == datetime.fromtimestamp(clock.now, UTC).isoformat(timespec="seconds")


async def test_reads_of_a_result_count_though_they_are_told_of_together_with_it(either):
    kept, read = Looked("crm", "a", Look.MISS, b"1", 60), Looked("crm", "a", Look.HIT)
    await either.report([read, kept, read])
    assert [row["hits"] for row in await either.cache_top(1)] == [2]


async def test_what_was_asked_goes_with_its_result(either):
    await either.report([Looked("crm", "a", Look.MISS, b"1", 60, asked="what?")])
    await either.cache_drop([tag_of_tool("crm")])
    await either.report([Looked("crm", "a", Look.MISS, b"1", 60)])
    await either.report([Looked("crm", "a", Look.HIT)])
    assert [row["asked"] for row in await either.cache_top(1)] == [""]


async def test_the_results_of_one_tool_can_be_forgotten(either):
    await either.report([Looked("crm", "a", Look.MISS, b"1", 60), Looked("kb", "b", Look.MISS, b"2", 60)])
    assert await either.cache_drop([tag_of_tool("crm")]) == 1
    assert (await either.ask(Question("crm", lookup=Lookup("a")))).cached is None
    assert (await either.ask(Question("kb", lookup=Lookup("b")))).cached == b"2"
    assert await either.cache_drop([ALL_RESULTS]) == 1


async def test_runs_are_counted_over_five_minutes(either, clock):
    await either.report([WORKED, FAILED])
    clock.now += 240
    await either.report([WORKED, Ran("crm", Outcome.RETURNED_FAILURE, False, POLICY)])
    assert (await either.run_counts()) == {"crm": RunCounts(succeeded=2, broken=1, returned=1)}
    clock.now += 120
    assert (await either.run_counts()) == {"crm": RunCounts(succeeded=1, returned=1)}


async def test_an_edited_rate_starts_with_a_full_bucket(either):
    await either.ask(Question("crm", rate=Rate(1, 86_400)))
    assert not (await either.ask(Question("crm", rate=Rate(1, 86_400)))).allowed
    assert (await either.ask(Question("crm", rate=Rate(600, 60)))).allowed
