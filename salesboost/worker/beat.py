"""Celery's beat as a thread of the worker that is started with ``--beat``; Celery would fork a process for it."""

import logging
import os
import signal
from threading import Thread
from typing import Any

from celery import bootsteps
from celery.beat import Service
from celery.worker import WorkController

logger = logging.getLogger(__name__)
# How long beat sleeps at most: so soon it hears that it is to stop.
SLEEP_S = 1
STOP_S = 2.0


class Beat(bootsteps.StartStopStep):
    """The step of a worker that starts and stops beat."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, beat: bool = False, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = beat

    def create(self, worker: Any) -> Any:
        return Ticking(Service(worker.app, SLEEP_S, worker.schedule_filename))


class Blueprint(WorkController.Blueprint):
    """A worker's steps, with our beat in the place of Celery's."""

    default_steps = WorkController.Blueprint.default_steps - {"celery.worker.components:Beat"} | {Beat}


class Ticking(Thread):
    """Runs beat's *service*. If that ends by itself its worker ends too, and `up` starts both anew."""

    def __init__(self, service: Service) -> None:
        super().__init__(name="beat", daemon=True)
        self.service = service
        self.stopping = False

    def run(self) -> None:
        self.service.app.set_current()
        try:
            self.service.start()
        except Exception:
            logger.exception("Beat has ended")
        if not self.stopping:
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        """Wait a moment and no longer: while the broker is away beat hears nothing."""
        self.stopping = True
        self.service.stop()
        self.join(STOP_S)
