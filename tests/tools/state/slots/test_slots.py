"""What both kinds of shared state promise of slots."""

import asyncio
import secrets

from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools.definition.policy import BreakerHold, Rate
from tools.state.base import Question
from tools.state.memory import MemoryState
from tools.state.slots.slot import LEASE_S, PATIENCE_S, Exchange, Exchanged, InUse, SlotWish
from tools.state.valkey import ValkeyState

MOST = 4


async def ask(state, slot, process="a", most=MOST, **more):
    return (await state.ask(Question("crm", wish=SlotWish(slot, process, most), **more))).slot


async def exchange(state, process="a", holds=0, waiting=0, most=MOST, **more):
    return await state.exchange_slots(Exchange("crm", process, most, holds, waiting, **more))


def names(process, count):
    return tuple(f"{process}:{number}" for number in range(count))


async def in_use(state):
    return (await state.slots_in_use(["crm"]))["crm"]


async def test_there_are_as_many_slots_as_calls_may_run(either):
    assert [await ask(either, str(number)) for number in range(6)] == ["0", "1", "2", "3", "", ""]


async def test_a_slot_given_back_is_free(either):
    await exchange(either, wanted=names("a", 4), waiting=4)
    assert await ask(either, "x") == ""
    await exchange(either, holds=3, back=("a:0",))
    assert await ask(either, "x") == "x"


async def test_slots_of_a_process_that_says_nothing_more_are_free_again(either, clock):
    await exchange(either, wanted=names("a", 4), waiting=4)
    clock.now += LEASE_S - 0.1
    assert await ask(either, "x", "b") == ""
    clock.now += 0.1
    assert await ask(either, "x", "b") == "x"


async def test_a_renewed_slot_stays_taken(either, clock):
    await exchange(either, wanted=names("a", 4), waiting=4)
    clock.now += LEASE_S - 0.1
    await exchange(either, holds=4, renewed=names("a", 4))
    clock.now += LEASE_S - 0.1
    assert await ask(either, "x", "b") == ""


async def test_slots_that_shared_state_forgot_are_told_it_again(either):
    await exchange(either, holds=3, renewed=names("a", 3))
    assert [await ask(either, str(number), "b") for number in range(2)] == ["0", ""]


async def test_a_refused_call_takes_no_slot(either):
    rate = Rate(1, 3600)
    assert await ask(either, "first", rate=rate) == "first"
    await ask(either, "second", rate=rate)
    await ask(either, "third", breaker_hold=BreakerHold.OPEN)
    assert await in_use(either) == InUse(taken=1, waiting=0)


async def test_no_newcomer_overtakes_another_process_that_waits(either):
    await exchange(either, "a", wanted=names("a", 4), waiting=4)
    await exchange(either, "b", wanted=names("b", 1), waiting=1)
    await exchange(either, "a", holds=3, back=("a:0",))
    assert await ask(either, "x", "c") == ""
    assert await exchange(either, "b", wanted=names("b", 1), waiting=1) == Exchanged(granted=1, owed=0)


async def test_the_process_that_waits_longest_comes_first(either, clock):
    await exchange(either, "a", wanted=names("a", 4), waiting=4)
    for process in ("b", "c"):
        clock.now += 0.01
        await exchange(either, process, wanted=names(process, 1), waiting=1)
    await exchange(either, "a", holds=3, back=("a:0",))
    assert (await exchange(either, "c", wanted=names("c", 1), waiting=1)).granted == 0
    assert (await exchange(either, "b", wanted=names("b", 1), waiting=1)).granted == 1


async def test_who_holds_more_than_a_share_owes_it_once_others_have_waited(either, clock):
    await exchange(either, "a", wanted=names("a", 4), waiting=4)
    await exchange(either, "b", wanted=names("b", 3), waiting=3)
    assert (await exchange(either, "a", holds=4)).owed == 0
    clock.now += PATIENCE_S + 0.01
    assert (await exchange(either, "a", holds=4)).owed == 2


async def test_the_only_slot_goes_round(either, clock):
    await exchange(either, "a", wanted=("a:0",), waiting=2, most=1)
    await exchange(either, "b", wanted=("b:0",), waiting=1, most=1)
    clock.now += PATIENCE_S + 0.01
    assert (await exchange(either, "a", holds=1, waiting=1, most=1)).owed == 1
    await exchange(either, "a", back=("a:0",), wanted=("a:1",), waiting=1, most=1)
    assert (await exchange(either, "b", wanted=("b:1",), waiting=1, most=1)).granted == 1


async def test_a_process_that_waited_and_died_keeps_nobody_waiting(either, clock):
    await exchange(either, "a", wanted=names("a", 4), waiting=4)
    await exchange(either, "b", wanted=names("b", 1), waiting=1)
    assert await in_use(either) == InUse(taken=4, waiting=1)
    clock.now += 1.0
    await exchange(either, "a", holds=3, back=("a:0",))
    assert await ask(either, "x", "c") == "x"


PROCESSES = st.sampled_from("abc")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([0.013, 0.057, 0.31, 1.003, 5.001])),
        st.tuples(st.just("ask"), PROCESSES),
        st.tuples(st.just("exchange"), PROCESSES, st.integers(0, 3), st.integers(0, 5), st.booleans()),
    ),
    max_size=40,
)


async def play(state, clock, steps):
    """Do *steps* to *state*, each process knowing what it holds; all that it answered."""
    answers, held, made = [], {process: [] for process in "abc"}, 0
    for kind, *detail in steps:
        if kind == "wait":
            clock.now += detail[0]
            continue
        process, mine = detail[0], held[detail[0]]
        made += 10
        if kind == "ask":
            slot = await ask(state, f"{process}:{made}", process)
            mine += [slot] if slot else []
            answers.append(slot)
        else:
            _, back, waiting, renews = detail
            given, mine[:] = tuple(mine[:back]), mine[back:]
            wanted = tuple(f"{process}:{made + number}" for number in range(waiting))
            answer = await exchange(
                state,
                process,
                len(mine),
                waiting,
                back=given,
                renewed=tuple(mine) if renews else (),
                wanted=wanted,
            )
            mine += wanted[: answer.granted]
            answers.append(answer)
        answers.append(await in_use(state))
    return answers


@given(steps=STEPS)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_valkey_answers_as_memory_does(make_clock, monkeypatch, steps):
    monkeypatch.setattr("tools.state.valkey.ASK_TIMEOUT_S", 30)

    async def both():
        here, there = make_clock(), make_clock()
        valkey = ValkeyState(settings.REDIS_URL, now=there, prefix=f"tests:{secrets.token_hex(6)}:")
        try:
            assert await play(valkey, there, steps) == await play(MemoryState(clock=here), here, steps)
        finally:
            await valkey.aclose()

    asyncio.run(both())


@given(steps=STEPS)
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_more_slots_are_granted_than_there_are(make_clock, steps):
    async def one():
        clock = make_clock()
        # Nobody renews: a slot that was forgotten, and told again, would count though others took its place.
        kept = [(*step[:-1], False) if step[0] == "exchange" else step for step in steps]
        answers = await play(MemoryState(clock=clock), clock, kept)
        assert max((each.taken for each in answers if isinstance(each, InUse)), default=0) <= MOST

    asyncio.run(one())
