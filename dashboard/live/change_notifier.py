"""Tells every process that shows pages that spans were stored, a few times a second at most.

Runs in a thread of its own, because the writer that sends the signal must never wait for Valkey.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)
# What the notices of processes of before an upgrade are called too.
GROUP = "dashboard.nudges"
SPACING_S = 0.5


async def send_notice() -> None:
    """Put one notice into the group of all broadcasters. Raises what the channel layer raises."""
    layer = get_channel_layer()
    if layer is not None:
        await layer.group_send(GROUP, {"type": "nudge"})


class ChangeNotifier:
    """Called after each commit; costs the caller an event's ``set``."""

    def __init__(
        self,
        send: Callable[[], Any] = send_notice,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._send = send
        self._sleep = sleep
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def __call__(self, **_signal: Any) -> None:
        """Have the others told soon; many calls in half a second become one notice."""
        self._wanted.set()
        # A forked worker has the parent's memory, but not its threads.
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    threading.Thread(target=self._run, name="change-notifier", daemon=True).start()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while True:
                self._wanted.wait()
                self._wanted.clear()
                try:
                    runner.run(self._send())
                except Exception as error:
                    # Pages are drawn without notices too, only later.
                    logger.debug("nobody was told: %s", error)
                self._sleep(SPACING_S)


notifier = ChangeNotifier()
