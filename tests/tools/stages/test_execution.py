import asyncio
import contextvars
import threading
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from tools import Caller, Injected, tool
from tools.calls.call import ToolCall
from tools.calls.cancellation import Cancellation
from tools.errors import DeadlineExceeded, ProviderError, ReturnedFailure, ToolBug, ToolTimeout
from tools.process.threads import ToolThreads
from tools.stages.execution import Execution


class Crm:
    """A dependency that only the application can make."""


@pytest.fixture
def threads():
    made = ToolThreads(most=2)
    yield made
    made.close()


@pytest.fixture
def execution(threads, clock):
    return Execution(clock, threads, {Crm: lambda call: f"crm of {call.caller.role}"})


async def hang() -> None:
    """Never ends."""
    await asyncio.Event().wait()


def raising(error):
    @tool
    async def broken() -> None:
        """Raises."""
        raise error

    return broken


def returning(value):
    @tool
    async def answering() -> object:
        """Returns."""
        return value

    return answering


async def run(execution, call):
    return await execution(call, None)


async def test_a_slow_tool_times_out(execution, make_call):
    slow = tool(name="slow")(hang)
    with pytest.raises(ToolTimeout, match=r"'slow' did not answer within 0\.01 s"):
        await run(execution, make_call(slow, timeout_s=0.01))


async def test_a_slow_synchronous_tool_times_out(execution, make_call):
    go_on = threading.Event()

    @tool
    def slow() -> None:
        """Waits."""
        go_on.wait()

    with pytest.raises(ToolTimeout):
        await run(execution, make_call(slow, timeout_s=0.01))
    go_on.set()


async def test_a_synchronous_tool_has_the_callers_context_and_another_thread(execution, make_call):
    said = contextvars.ContextVar("said")
    said.set("hello")

    @tool
    def where() -> list[object]:
        """Says where it runs."""
        return [said.get(), threading.get_ident() == main]

    main = threading.get_ident()
    assert (await run(execution, make_call(where))).result == ["hello", False]


@pytest.mark.django_db(transaction=True)
async def test_a_synchronous_tool_leaves_no_connection_open(execution, make_call):
    @tool
    def ask() -> object:
        """Asks the database."""
        threads_connection.append(connection._connections["default"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()[0]

    threads_connection = []
    assert (await run(execution, make_call(ask))).result == 1
    assert threads_connection[0].connection is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OperationalError("password is 123"), ProviderError),
        (ConnectionResetError("10.0.0.7"), ProviderError),
        (TimeoutError("read"), ProviderError),
        (KeyError("secret"), ToolBug),
        (ZeroDivisionError(), ToolBug),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
async def test_an_exception_is_told_by_kind_and_without_its_text(execution, make_call, error, kind, caplog):
    with pytest.raises(kind) as caught:
        await run(execution, make_call(raising(error)))
    assert type(error).__name__ in str(caught.value)
    assert all(str(part) not in str(caught.value) for part in error.args)
    assert caught.value.__cause__ is error
    assert "broken (call_" in caplog.text


async def test_a_tools_own_error_passes_as_it_is(execution, make_call):
    error = ReturnedFailure("customer 'CUST999' does not exist", code="not_found", hint="list the customers")
    with pytest.raises(ReturnedFailure) as caught:
        await run(execution, make_call(raising(error)))
    assert caught.value is error


async def test_a_synchronous_tool_that_raises_stopiteration_is_a_bug(execution, make_call):
    @tool
    def stop() -> None:
        """Ends too soon."""
        next(iter(()))

    with pytest.raises(ToolBug):
        await run(execution, make_call(stop))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"success": False, "error": "no stock"}, "no stock"),
        ({"success": False, "error": {"message": "no stock"}}, "no stock"),
        ({"success": False}, "could not do it and did not say why"),
        ({"isError": True, "content": [{"type": "text", "text": "no stock"}]}, "no stock"),
    ],
    ids=["text", "object", "silent", "mcp"],
)
async def test_a_returned_failure_is_a_failure(execution, make_call, value, said):
    with pytest.raises(ReturnedFailure, match=said):
        await run(execution, make_call(returning(value)))


async def test_a_result_is_made_of_json(execution, make_call):
    result = await run(execution, make_call(returning({"price": Decimal("9.90"), "nan": float("nan"), 1: {2}})))
    assert result.result == {"price": "9.90", "nan": None, "1": [2]}
    assert result.encoded == b'{"price":"9.90","nan":null,"1":[2]}'


async def test_a_result_that_is_not_json_is_a_bug(execution, make_call):
    with pytest.raises(ToolBug, match="returned a object, which cannot be sent as JSON"):
        await run(execution, make_call(returning(object())))


async def test_injected_parameters_are_filled_by_their_type(execution, make_call):
    @tool
    async def hidden(*, who: Injected[Caller], call: Injected[ToolCall], crm: Injected[Crm]) -> list[str]:
        """Sees what no model does."""
        return [who.role, call.tool_call_id[:5], crm]

    result = await run(execution, make_call(hidden, caller=Caller(role="coach")))
    assert result.result == ["coach", "call_", "crm of coach"]


async def test_a_cancelled_call_cancels_its_tool(execution, make_call):
    cancelled, started = asyncio.Event(), asyncio.Event()

    @tool
    async def patient() -> None:
        """Waits until it is told not to."""
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    task = asyncio.ensure_future(run(execution, make_call(patient)))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()


async def test_an_attempt_has_no_more_time_than_its_call(execution, make_call, clock):
    with pytest.raises(DeadlineExceeded, match="the time that the whole call has") as caught:
        await run(execution, make_call(tool(hang), timeout_s=60, deadline=clock.now + 0.01))
    assert (caught.value.code, caught.value.layer) == ("deadline_exceeded", "timeout")


async def test_no_attempt_begins_when_the_time_is_over(execution, make_call, clock):
    ran = []

    @tool
    async def note() -> None:
        """Notes that it ran."""
        ran.append(1)

    with pytest.raises(DeadlineExceeded):
        await run(execution, make_call(note, deadline=clock.now))
    assert ran == []


@pytest.mark.parametrize("hurried", [True, False])
async def test_only_a_caller_in_a_hurry_clears_the_tool_of_blame(execution, make_call, clock, hurried):
    with pytest.raises(DeadlineExceeded) as caught:
        await run(execution, make_call(tool(hang), deadline=clock.now, hurried=hurried))
    assert caught.value.blames_tool is not hurried


async def test_a_synchronous_tool_sees_that_its_time_is_over(execution, make_call):
    seen, ended = [], threading.Event()

    @tool
    def patient(*, cancellation: Injected[Cancellation]) -> None:
        """Works until nobody waits."""
        seen.append(cancellation.cancelled)
        seen.append(cancellation.wait(10))
        ended.set()

    with pytest.raises(ToolTimeout):
        await run(execution, make_call(patient, timeout_s=0.5))
    assert await asyncio.to_thread(ended.wait, 5)
    assert seen == [False, True]


async def test_a_synchronous_tool_sees_that_its_caller_has_gone(execution, make_call):
    started, ended = threading.Event(), threading.Event()

    @tool
    def patient(*, cancellation: Injected[Cancellation]) -> None:
        """Works until nobody waits."""
        started.set()
        try:
            while not cancellation.wait(0.001):
                pass
            cancellation.raise_if_cancelled()
        finally:
            ended.set()

    task = asyncio.ensure_future(run(execution, make_call(patient)))
    await asyncio.to_thread(started.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 5)


async def test_a_tool_sees_how_much_time_it_has(execution, make_call, clock):
    @tool
    async def left(*, cancellation: Injected[Cancellation]) -> float:
        """Says how much time there is."""
        return cancellation.remaining_s

    call = make_call(left, timeout_s=7, deadline=clock.now + 3)
    assert (await run(execution, call)).result == 3


async def test_calls_are_made_while_as_many_hang_as_there_are_threads(execution, make_call, threads):
    go_on = threading.Event()

    @tool
    def stuck() -> None:
        """Waits, and asks nobody."""
        go_on.wait()

    @tool
    def quick() -> int:
        """Answers."""
        return 1

    for _ in range(3):
        with pytest.raises(ToolTimeout):
            await run(execution, make_call(stuck, timeout_s=0.3))
    assert threads.stuck == 3
    assert (await run(execution, make_call(quick))).result == 1
    go_on.set()
    async with asyncio.timeout(5):
        while threads.stuck:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), SystemExit(3)], ids=["cancelled", "exit"])
async def test_a_tool_cannot_pretend_that_its_caller_left_nor_end_the_process(execution, make_call, error):
    def raising_in_thread() -> None:
        """Raises."""
        raise error

    for definition in (raising(error), tool(raising_in_thread)):
        with pytest.raises(ToolBug):
            await run(execution, make_call(definition))
