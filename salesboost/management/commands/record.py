"""``manage.py record``: the process that stores the spans of all others on this machine."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from salesboost.garbage import settle
from salesboost.gates import wait_at_gate
from telemetry.recorder.process import run


class Command(BaseCommand):
    help = "Store what all processes of this machine record, and OTLP for its web processes, until told to end."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Under nohup it is ignored, and stays so.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        settle()
        wait_at_gate()
        run(self.say)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
