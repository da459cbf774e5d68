"""``manage.py sms_gateway``: an SMS gateway for demonstrations, from which no message leaves the machine."""

from argparse import ArgumentParser
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tools.catalog.outreach import sms_gateway
from tools.catalog.outreach.loopback import LoopbackGateway
from tools.catalog.outreach.loopback_server import LoopbackServer


class Command(BaseCommand):
    help = "Serve a Twilio-compatible SMS gateway on 127.0.0.1 that keeps messages in memory and sends none."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        sms_gateway.add_arguments(parser)

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
        sms_gateway.serve(server, self.say)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
