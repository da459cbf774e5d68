"""A tool ends no process and no loop, whatever it raises; a signal still does."""

import asyncio
import signal
from typing import Annotated

import pytest
from pydantic import AfterValidator

from tools import tool
from tools.errors import ToolBug
from tools.process.background import BackgroundLoop
from tools.process.threads import ToolThreads
from tools.stages.execution import Execution


class Left(BaseException):
    """Is no Exception."""


@pytest.fixture
def threads():
    made = ToolThreads(most=2)
    yield made
    made.close()


@pytest.fixture
def execution(threads, clock):
    return Execution(clock, threads, {})


@pytest.fixture
def handle():
    """Have SIGINT handled so, until the test is over."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGINT, before)


def tools_that_raise(kind):
    async def asynchronous() -> None:
        """Raises."""
        raise kind

    async def after_a_while() -> None:
        """Raises, once the loop has taken it up again."""
        await asyncio.sleep(0)
        raise kind

    def in_a_thread() -> None:
        """Raises."""
        raise kind

    async def stream():
        """Raises after a chunk."""
        yield 1
        raise kind

    def stream_in_a_thread():
        """Raises after a chunk."""
        yield 1
        raise kind

    return [tool(function) for function in (asynchronous, after_a_while, in_a_thread, stream, stream_in_a_thread)]


def leave(*args):
    raise Left


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Left, SystemExit, ZeroDivisionError])
def test_whatever_a_tool_raises_it_has_failed_and_the_loop_goes_on(execution, make_call, kind):
    background = BackgroundLoop("test")
    loop = background.loop
    for definition in tools_that_raise(kind):
        with pytest.raises(ToolBug, match=r"failed unexpectedly"):
            background.submit(execution(make_call(definition), None)).result(5)
    assert background.running is loop
    background.stop()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Left, SystemExit])
@pytest.mark.parametrize("handler", [leave, signal.SIG_IGN], ids=["raising", "ignored"])
def test_nor_does_it_end_a_server_that_runs_calls_in_the_main_thread(execution, make_call, handle, kind, handler):
    handle(handler)
    for definition in tools_that_raise(kind):
        with pytest.raises(ToolBug):
            asyncio.run(execution(make_call(definition), None))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Left, SystemExit, ZeroDivisionError])
async def test_nor_does_what_checks_its_arguments(make_executor, handle, spans, kind):
    def check(number: int) -> int:
        if number % 2:
            raise kind
        return number

    @tool
    async def checked(number: Annotated[int, AfterValidator(check)]) -> int:
        """Takes even numbers."""
        return number

    handle(leave)
    executor = make_executor(checked)
    with pytest.raises(ToolBug, match="could not be run"):
        await executor.execute(name="checked", payload={"number": 1})
    assert (await executor.execute(name="checked", payload={"number": 2})).result == 2
    assert [span.attributes.get("error.type") for span in spans.get_finished_spans()] == ["tool_bug", None]


@pytest.mark.parametrize("handler", [leave, signal.default_int_handler], ids=["own", "python"])
def test_a_thread_is_told_of_no_signal(execution, make_call, handle, handler):
    """What it raises is the tool's own, though Ctrl-C would raise the same in the main thread."""
    handle(handler)
    loop = asyncio.new_event_loop()
    for definition in tools_that_raise(KeyboardInterrupt)[2::2]:
        with pytest.raises(ToolBug):
            loop.run_until_complete(execution(make_call(definition), None))
    loop.close()


@tool
async def interrupted() -> None:
    """Is at work when Ctrl-C is pressed."""
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("handler", "kind"), [(signal.default_int_handler, KeyboardInterrupt), (leave, Left)], ids=["python", "own"]
)
def test_ctrl_c_amid_a_tool_ends_the_loop(execution, make_call, handle, handler, kind):
    handle(handler)
    loop = asyncio.new_event_loop()
    with pytest.raises(kind):
        loop.run_until_complete(execution(make_call(interrupted), None))
    loop.close()


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_ctrl_c_amid_a_tool_ends_what_asyncio_runs(execution, make_call, handle, times):
    @tool
    async def busy() -> None:
        """Is at work when Ctrl-C is pressed, then waits."""
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    handle(signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(execution(make_call(busy), None))


async def test_a_call_that_is_closed_ends_without_an_answer(execution, make_call):
    @tool
    async def hanging() -> None:
        """Waits."""
        await asyncio.Event().wait()

    call = execution(make_call(hanging), None)
    call.send(None)
    with pytest.raises(GeneratorExit):
        call.throw(GeneratorExit)
