import asyncio

import pytest

from telemetry.semconv import Outcome
from tools.process.background import BackgroundLoop
from tools.state.base import Ran
from tools.state.reporter import BATCH, Reporter

WORKED = Ran("crm", Outcome.FIRST_TRY, False)
FAILED = Ran("crm", Outcome.PROVIDER, True)


class Recorder:
    """Stands for shared state: keeps the batches that it is given."""

    def __init__(self, error=None):
        self.batches = []
        self.error = error

    async def report(self, reports):
        self.batches.append(list(reports))
        if self.error:
            raise self.error


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


async def test_many_reports_go_in_few_batches(background):
    state = Recorder()
    reporter = Reporter(state, background)
    for _ in range(2 * BATCH + 1):
        reporter.add(WORKED)
    await reporter.aflush()
    assert sum(len(batch) for batch in state.batches) == 2 * BATCH + 1
    assert max(len(batch) for batch in state.batches) <= BATCH


async def test_they_go_by_themselves(background):
    state = Recorder()
    Reporter(state, background).add(WORKED)
    async with asyncio.timeout(5):
        while not state.batches:
            await asyncio.sleep(0.005)
    assert state.batches == [[WORKED]]


async def test_what_cannot_be_told_is_logged_and_later_reports_still_go(background, caplog):
    state = Recorder(RuntimeError("no"))
    reporter = Reporter(state, background)
    reporter.add(FAILED)
    await reporter.aflush()
    state.error = None
    reporter.add(WORKED)
    await reporter.aflush()
    assert state.batches[-1] == [WORKED]
    assert "1 reports of calls were lost" in caplog.text


def test_reports_of_several_threads_loops_go_through_one_queue(background):
    state = Recorder()
    reporter = Reporter(state, background)

    async def add():
        reporter.add(WORKED)

    for _ in range(3):
        asyncio.run(add())
    reporter.flush()
    assert sum(len(batch) for batch in state.batches) == 3
