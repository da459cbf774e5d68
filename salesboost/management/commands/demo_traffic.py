"""`manage.py demo_traffic`: what a coaching product asks of models and tools, against a running SalesBoost."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from salesboost.demo.traffic import Traffic
from salesboost.env import read_credentials


class Command(BaseCommand):
    help = "Call the REST API as a set of coaching and selling conversations, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rate", type=float, default=20.0, help="calls a second, on average (default 20)")
        parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same calls (default 7)")
        parser.add_argument("--seconds", type=float, default=0.0, help="stop after this long (default: never)")
        parser.add_argument("--url", default="", help="default: the SalesBoost of this DATA_DIR")
        parser.add_argument(
            "--lab",
            default="",
            help="the provider lab to which `up --demo` has led deployments (default: no turns)",
        )

    def handle(self, *args: Any, rate: float, seed: int, seconds: float, **options: Any) -> None:
        stored = read_credentials(settings.DATA_DIR)
        api_key = settings.PRESET_API_KEY or stored.get("api_key", "")
        if not api_key:
            raise CommandError(
                f"There is no API key in {settings.DATA_DIR}/credentials.json: run `make run` first, "
                "or set SALESBOOST_API_KEY."
            )
        if not rate > 0:
            raise CommandError("--rate has to be more than 0 calls a second.")
        url = options["url"] or f"http://{settings.HOST}:{settings.PORT}"
        traffic = Traffic(url, api_key, rate, Random(seed), self.say, options["lab"])
        try:
            asyncio.run(until_told(traffic.run(seconds)))
        finally:
            traffic.report()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """*work*, which may undo what it did, to its end or until SIGTERM or Ctrl-C."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
