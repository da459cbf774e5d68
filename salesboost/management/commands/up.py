"""`manage.py up`: everything in one command, supervised until Ctrl-C."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from salesboost.starting.demonstration import forget_vendors_keys
from salesboost.starting.plan import Plan


class Command(BaseCommand):
    help = (
        "Start SalesBoost: Postgres and Valkey where none are given, the server, the worker; --demo adds traffic."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="add a provider lab, an SMS gateway and demonstration traffic"
        )
        parser.add_argument("--rate", type=float, default=20.0, help="calls a second of the demonstration")

    def handle(self, *args: Any, demo: bool, rate: float, **options: Any) -> None:
        """Become `salesboost.starting`, which is a tenth as large: reading the settings takes Django."""
        plan = Plan(
            data_dir=settings.DATA_DIR,
            host=settings.HOST,
            port=settings.PORT,
            url=settings.PUBLIC_URL,
            rate=rate,
            demo=demo,
            gateway=demo or not settings.SMS_GATEWAY_URL,
        )
        if demo:
            forget_vendors_keys(os.environ)
            os.environ.setdefault("TOOL_BANDIT_ENABLED", "true")
        self.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "salesboost.starting", *plan.arguments()])
