"""The recorder itself: reads the journals of all processes of this machine and takes in what is sent to them."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable

from django.conf import settings
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value

from telemetry.forward.current import close_forwarder, get_forwarder
from telemetry.process.counters import counters
from telemetry.recorder import presence, records
from telemetry.recorder.backlog import oldest_end
from telemetry.recorder.intake import Intake
from telemetry.recorder.journal_reader import JournalReader
from telemetry.recorder.server import Desk
from telemetry.store.writer import get_writer

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
STANDBY_S = 0.2
# Whether the socket is still there.
LOOK_EVERY_S = 1.0
# What is under way when the process is asked to end has so long.
LAST_BODIES_S, LAST_SPANS_S = 2.0, 2.0


def run(say: Callable[[str], None]) -> None:
    """Record until a signal asks this process to end; waits while another one records. *say* takes a line."""
    stopping = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in STOP_SIGNALS}
    said = False

    def wait() -> bool:
        nonlocal said
        if not said:
            said = True
            say("Another process records here; this one waits for its end.")
        return not stopping.wait(STANDBY_S)

    try:
        with presence.held(settings.SPOOL_DIR, wait) as taken:
            if taken:
                _record(stopping, say)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _record(stopping: threading.Event, say: Callable[[str], None]) -> None:
    attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
    spool = JournalReader(
        settings.SPOOL_DIR,
        records.store,
        interval_s=settings.SPAN_FLUSH_INTERVAL_MS / 1000,
        batch=settings.SPAN_BATCH_SIZE,
    )
    counters().wait_in("spool", lambda: spool.waiting, lambda: oldest_end(settings.SPOOL_DIR))
    if forwarder := get_forwarder():
        forwarder.start()
    reader = threading.Thread(target=_read, args=(spool, stopping), name="span-spool", daemon=True)
    reader.start()
    say("Recording.")
    with asyncio.Runner() as runner:
        runner.run(_serve(stopping))
    reader.join(LAST_SPANS_S)
    get_writer().close(LAST_SPANS_S)
    close_forwarder()


def _read(spool: JournalReader, stopping: threading.Event) -> None:
    """Store what is in the journals until *stopping*, then once more, with what ended processes have left."""
    attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
    while not stopping.is_set():
        spool.follow()
        stopping.wait(max(settings.SPAN_FLUSH_INTERVAL_MS / 1000, spool.backoff.wait_s))
    spool.follow()
    spool.adopt()
    spool.close()


async def _serve(stopping: threading.Event) -> None:
    desk = Desk(Intake())
    await desk.open(settings.SPOOL_DIR)
    while not await asyncio.to_thread(stopping.wait, LOOK_EVERY_S):
        await desk.keep_open()
    await desk.close(LAST_BODIES_S)
