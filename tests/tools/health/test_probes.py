"""One tool is asked whether it works: by its own probe, or by its sample; never as a user's call."""

import asyncio
import threading

import pytest

from tools import Calls, Injected, tool, tool_from_schema
from tools.definition.probe import Probe
from tools.definition.schema import NotATool
from tools.errors import ProviderError
from tools.health.probed import How, Probed, counted, how, is_due
from tools.health.probing import Prober

NOW = 1_800_000_000.0


def probed_by(probe, **options):
    @tool(probe=probe, **options)
    async def asked() -> str:
        """Is asked."""
        return "never called"

    return asked


async def outcome(make_executor, definition, **parts):
    return await Prober(make_executor(definition), now=lambda: NOW, **parts).probe(definition)


async def works():
    return "anything"


def works_in_a_thread():
    assert threading.current_thread().name.startswith("salesboost-tool")


async def is_away():
    raise ProviderError("the gateway is away")


async def has_a_fault():
    raise KeyError("sb_secret_key")


def says_no():
    return False


async def lies():
    return object()


async def tells_of_a_failure():
    return {"success": False, "error": "no credit left"}


@pytest.mark.parametrize("probe", [works, works_in_a_thread, Probe(works, every_s=300)])
async def test_a_probe_that_returns_says_that_its_tool_works(make_executor, probe):
    found = await outcome(make_executor, probed_by(probe))
    assert (found.at, found.ok, found.slow, found.error) == (NOW, True, False, "")


@pytest.mark.parametrize(
    ("probe", "error"),
    [
        (is_away, "the gateway is away"),
        (has_a_fault, "failed unexpectedly (KeyError)"),
        (says_no, "Its probe answers that it does not work."),
        (lies, "returned a object, which cannot be sent as JSON"),
        (tells_of_a_failure, "no credit left"),
    ],
)
async def test_any_other_ending_is_told_without_what_is_inside(make_executor, probe, error):
    found = await outcome(make_executor, probed_by(probe))
    assert not found.ok
    assert error in found.error
    assert "secret" not in found.error


async def test_a_probe_that_hangs_is_left_behind_and_not_begun_again(make_executor):
    go_on, begun = threading.Event(), []

    def hangs():
        begun.append(1)
        go_on.wait(20)

    definition = probed_by(Probe(hangs, timeout_s=0.1))
    prober = Prober(make_executor(definition))
    first, second = await prober.probe(definition), await prober.probe(definition)
    assert "did not answer" in first.error
    assert second.error == "The last probe of it still hangs."
    assert begun == [1]
    go_on.set()
    while (third := await prober.probe(definition)).error == second.error:
        await asyncio.sleep(0.01)
    assert third.ok


async def test_a_probe_that_does_not_let_itself_be_cancelled_is_left_behind(make_executor):
    ended = asyncio.Event()

    async def stubborn():
        while not ended.is_set():
            try:
                await asyncio.wait_for(ended.wait(), 20)
            except asyncio.CancelledError:
                continue

    definition = probed_by(Probe(stubborn, timeout_s=0.05))
    async with asyncio.timeout(5):
        found = await outcome(make_executor, definition)
    assert (found.ok, found.error) == (False, "It did not answer within 0.05 s.")
    ended.set()


async def test_an_answer_that_takes_long_is_slow(make_executor):
    ticks = iter([0.0, 1.4])
    found = await outcome(make_executor, probed_by(works), clock=lambda: next(ticks))
    assert (found.ok, found.slow, found.took_ms) == (True, True, 1_400)


async def test_a_tool_that_changes_nothing_is_tried_by_its_sample(make_executor):
    seen = []

    @tool(read_only=True, sample={"name": "x"}, roles={"nobody"}, rate="1/day", retries=2)
    async def reader(name: str) -> str:
        """Reads."""
        seen.append(name)
        if len(seen) > 1:
            raise ProviderError("the shelf is away")
        return name

    prober = Prober(make_executor(reader))
    assert how(reader) is How.DRY_RUN
    assert (await prober.probe(reader)).ok
    failed = await prober.probe(reader)
    assert (failed.error, seen) == ("the shelf is away", ["x", "x"])  # neither its rate nor its retries count


def test_what_has_neither_says_so():
    @tool(read_only=True)
    async def unsampled() -> str:
        """Has no sample."""
        return ""

    @tool(read_only=True, sample={})
    async def calls_others(*, calls: Injected[Calls]) -> str:
        """Would make calls that count."""
        return ""

    assert (how(unsampled), how(calls_others)) == (How.NONE, How.NONE)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"sample": {"name": "x"}}, "sample is for tools that change nothing: say read_only=True"),
        ({"sample": {}, "read_only": True}, "sample is no call of it: argument 'name' is missing[.]$"),
        ({"sample": "x", "read_only": True}, "sample must be an object of arguments, not 'x'"),
        ({"probe": "x"}, "probe must be a function or a Probe, not 'x'"),
        ({"probe": lambda number: number}, "probe"),
        ({"probe": Probe(works, timeout_s=0)}, "probe's timeout_s must be a number of more than 0, not 0"),
        ({"probe": Probe(works, cost_usd=0.1)}, "probe costs 0.1 USD and may cost 0 a day"),
        (
            {"probe": Probe(works, timeout_s=10)},
            "probe's timeout_s is 10, and a round of probes has time for 3.5 s: write no more",
        ),
        ({"read_only": "yes"}, "read_only must be True or False, not 'yes'"),
    ],
)
def test_a_probe_that_cannot_be_is_refused_where_it_is_written(options, fault):
    with pytest.raises(NotATool, match=fault.replace("(", r"\(")):

        @tool(**options)
        async def named(name: str) -> str:
            """Takes a name."""
            return name


def test_a_tool_made_of_a_schema_has_probes_too():
    made = tool_from_schema(
        name="made", description="Is made.", parameters={"type": "object"}, function=works, probe=works
    )
    assert how(made) is How.PROBE


def test_a_probe_that_costs_money_is_asked_no_more_often_than_it_may_whoever_wants_it():
    paid = probed_by(Probe(works, cost_usd=0.01, usd_a_day=0.255))  # 25 a day
    free = probed_by(works)
    last = Probed(NOW, 1)
    assert paid.probe.interval_s == 86_400 / 25
    times = [second for second in range(0, 86_400, 5) if second]
    asked_at, last_of_paid = [], Probed(NOW - 86_400, 1)
    for second in times:
        if is_due(paid, last_of_paid, NOW + second, forced=True):
            asked_at.append(second)
            last_of_paid = Probed(NOW + second, 1)
    assert len(asked_at) <= 25
    assert is_due(free, last, NOW + 1, forced=True)
    assert not is_due(free, last, NOW + 28)
    assert is_due(free, last, NOW + 30)


def test_an_old_answer_says_nothing_of_now():
    asked = probed_by(works)
    assert counted(asked, Probed(NOW, 1), NOW + 119) is not None
    assert counted(asked, Probed(NOW, 1), NOW + 121) is None


def test_what_another_version_wrote_is_no_answer():
    assert Probed.unpack(Probed(NOW, 1).pack()) == Probed(NOW, 1)
    assert Probed.unpack(b'{"when": 1}') is None
    assert Probed.unpack(b"not json") is None
