import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from tools import Caller, Injected, tool
from tools.call import ToolCall
from tools.errors import ProviderError, ReturnedFailure, ToolBug, ToolTimeout
from tools.stages.execution import Execution


class Crm:
    """A dependency that only the application can make."""


@pytest.fixture
def execution():
    with ThreadPoolExecutor(2) as threads:
        yield Execution(threads, {Crm: lambda call: f"crm of {call.caller.role}"})


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
    @tool
    async def slow() -> None:
        """Never ends."""
        await asyncio.Event().wait()

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
