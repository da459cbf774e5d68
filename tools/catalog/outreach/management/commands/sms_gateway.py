"""``manage.py sms_gateway``: an SMS gateway for demonstrations, from which no message leaves the machine."""

import signal
from argparse import ArgumentParser
from random import Random
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tools.catalog.outreach.loopback import LoopbackGateway
from tools.catalog.outreach.loopback_server import LoopbackServer


class Command(BaseCommand):
    help = "Serve a Twilio-compatible SMS gateway on 127.0.0.1 that keeps messages in memory and sends none."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8025, help="0 takes a free one (default: 8025)")
        parser.add_argument("--latency-ms", type=float, default=0.0, help="what each sending takes (default: 0)")
        parser.add_argument(
            "--failure-rate",
            type=float,
            default=0.0,
            help="share of sendings that fail with 429, 500 or 503 (0 to 1)",
        )
        parser.add_argument("--seed", type=int, default=None, help="makes the failures the same in every run")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["failure_rate"] <= 1:
            raise CommandError("--failure-rate is a share: give a number from 0 to 1.")
        gateway = LoopbackGateway(
            settings.SMS_GATEWAY_ACCOUNT,
            settings.SMS_GATEWAY_TOKEN,
            failure_rate=options["failure_rate"],
            random=Random(options["seed"]),
        )
        try:
            server = LoopbackServer(gateway, options["port"], options["latency_ms"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be used ({error.strerror}): choose another --port."
            ) from None
        # Both by ourselves, as a shell has its background jobs ignore SIGINT. shutdown() waits for the serving,
        # so it may not run in the thread that serves.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
        self.stdout.write(
            f"SMS gateway at {server.url} (account {gateway.account}); no message leaves this machine."
        )
        self.stdout.flush()
        try:
            server.serve_forever(poll_interval=0.1)
        finally:
            server.server_close()
