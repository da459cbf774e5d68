"""One turn: a few seconds of work on one job, its calls side by side.

The thread of the turn does the database's part, a background loop makes the calls. What ended is written at least
every second, together with the renewal of the lease and the taking of the next items.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from tools.calls.call import ToolResult
from tools.errors import ToolBug, ToolError
from tools.jobs import ledger, pacing
from tools.jobs.ledger import Ending, Limit
from tools.jobs.models import Job, JobItem, JobState
from tools.process.background import BackgroundLoop
from tools.running.executor import ToolExecutor

logger = logging.getLogger(__name__)
# Short, so that a more urgent job waits no longer and a worker that is asked to stop can.
TURN = timedelta(seconds=3)
RENEW_EVERY_S = 1.0
# So long a turn keeps what it knows while Postgres is away.
STORE_AWAY_S = 120.0
STORE_AGAIN_S = 0.5
SHORTEST_NAP_S = 0.01
_loop = BackgroundLoop("salesboost-jobs")


class Turn:
    """One turn of one job; ``run`` it once."""

    def __init__(
        self,
        job_id: str,
        turn: int,
        executor: ToolExecutor,
        *,
        length: timedelta = TURN,
        clock: Callable[[], datetime] = timezone.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._job_id, self._turn = job_id, turn
        self._executor = executor
        self._length = length
        self._clock = clock
        self._sleep = sleep
        self._flying: dict[Future[ToolResult], JobItem] = {}
        self._careful: set[str] = set()
        self._key_name = ""

    def run(self) -> None:
        """Work until the time is up, nothing is left, or the job is paused, cancelled or taken from us."""
        now = self._clock()
        job = ledger.take(self._job_id, self._turn, now)
        if job is None:
            return
        self._careful = set(job.holds)
        self._key_name = job.api_key.name if job.api_key else ""
        ends = now + self._length
        endings: list[Ending] = []
        while True:
            job, items = self._exchange(job, endings, ends)
            self._start(job, items)
            endings = self._collect()
            if not self._flying and not endings and not self._nap(job, ends):
                break
        ledger.give_back(job, self._clock())

    def _exchange(self, job: Job, endings: list[Ending], ends: datetime) -> tuple[Job, list[JobItem]]:
        """Write and take; again and again while Postgres is away, for what ended must not be forgotten."""
        self._careful |= {ending.item.tool for ending in endings if is_refused(ending)}
        patience = self._clock() + timedelta(seconds=STORE_AWAY_S)
        while True:
            now = self._clock()
            free = job.max_concurrent - len(self._flying) if now < ends else 0
            busy = frozenset(item.tool for item in self._flying.values())
            try:
                return ledger.exchange(job, endings, Limit(free, frozenset(self._careful), busy), now)
            except (OperationalError, InterfaceError) as error:
                if now >= patience:
                    raise
                logger.warning("job %s waits for Postgres: %s", job.pk, error)
                connection.close()
                self._sleep(STORE_AGAIN_S)

    def _start(self, job: Job, items: list[JobItem]) -> None:
        for item in items:
            call = self._executor.execute(
                name=item.tool,
                payload=item.payload,
                caller_role=job.caller_role,
                session_id=job.session_id,
                caller_id=job.caller_id,
                context={**job.context, **item.context, "job_id": str(job.pk)},
                tool_call_id=item.tool_call_ids[-1],
                api_key_name=self._key_name,
                sender=job.submitter,
            )
            self._flying[_loop.submit(call)] = item

    def _collect(self) -> list[Ending]:
        """What ended, after a second at most; nothing where nothing runs."""
        if not self._flying:
            return []
        done, _ = wait(self._flying, RENEW_EVERY_S, return_when=FIRST_COMPLETED)
        return [Ending(self._flying.pop(future), said_by(future)) for future in done]

    def _nap(self, job: Job, ends: datetime) -> bool:
        """Wait for a tool that refused; False if there is none, or it will not be asked again in this turn."""
        now = self._clock()
        if job.state != JobState.RUNNING or job.turn != self._turn + 1 or not job.waiting or now >= ends:
            return False
        due = ledger.next_due(job, now)
        if due >= ends:
            return False
        self._sleep(max((due - now).total_seconds(), SHORTEST_NAP_S))
        return True


def is_refused(ending: Ending) -> bool:
    return isinstance(ending.said, ToolError) and pacing.is_refusal(ending.said)


def said_by(future: "Future[ToolResult]") -> ToolResult | ToolError:
    """The result or the error. The engine raises nothing else; if it does, one item must not end the turn."""
    try:
        return future.result()
    except ToolError as error:
        return error
    except BaseException as error:  # also CancelledError, which is no Exception
        logger.exception("a call of a job ended in no way that is known")
        return ToolBug(f"The call ended unexpectedly ({type(error).__name__}): the worker's log holds the cause.")
