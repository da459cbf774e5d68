"""`manage.py prepare`: tables, static files, accounts and first data. Running it again changes nothing."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from salesboost import accounts, credentials, static_files
from salesboost.env import read_credentials
from salesboost.gates import wait_at_gate
from salesboost.groups import ensure_groups
from salesboost.login import hashing
from tools.registry import ToolRegistry, build_default_registry

FAMILIES = ("sales", "pricing", "conversation", "compliance", "knowledge", "outreach")


class Command(BaseCommand):
    help = "Bring database and static files up to date; on the first start, make the accounts and the first data."
    requires_system_checks: list[str] = []  # of the code, not of an installation; they take longer than all steps

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--lab", default="", help="make ready for the demonstration: its provider lab's address"
        )

    def handle(self, *args: Any, lab: str, **options: Any) -> None:
        hashing.hurry()
        # Files need no database, and passwords keep one core busy for long: each beside what else is to be done.
        with ThreadPoolExecutor(2) as beside:
            files = beside.submit(self.step, "static files", static_files.collect)
            # What the steps load, they load while the database may still be starting.
            seeds = {family: import_module(f"tools.catalog.{family}.seed").seed for family in FAMILIES}
            registry = build_default_registry()
            MigrationLoader(None)
            wait_at_gate()
            self.step("tables", lambda: call_command("migrate", verbosity=0, interactive=False))
            people = beside.submit(self.step, "accounts", in_a_thread(self.make_accounts))
            self.step("groups", ensure_groups)
            for family, seed in seeds.items():
                self.step(f"data of {family}", seed)
            self.step("prompts", import_module("tools.llm.prompts.seed").seed)
            self.step("models and routes", import_module("tools.llm.providers.seed").seed)
            self.step("rules and routes", lambda: self.make_rules(registry))
            self.step("prices of models", import_module("telemetry.cost.seed").seed)
            self.step("demonstration", lambda: demonstration(lab))
            files.result()
            people.result()

    def make_accounts(self) -> None:
        stored = read_credentials(settings.DATA_DIR)
        given = {"admin_password": settings.ADMIN_PASSWORD, "api_key": settings.PRESET_API_KEY}
        true = accounts.settle(stored, given, lambda line: self.stdout.write(f"  {line}"))
        if stored and true != stored:
            credentials.write(settings.DATA_DIR, true)

    def make_rules(self, registry: ToolRegistry) -> None:
        from telemetry.alerts import reach
        from telemetry.alerts.seed import seed, seed_default_route
        from telemetry.database.resealing import reseal
        from tools.decisions.rows import ensure_rows

        ensure_rows(registry)
        seed()
        seed_default_route(self.stdout)
        gap = reach.gap()
        for line in (*reseal().lines(), *([gap, reach.what_to_do()] if gap else [])):
            self.stdout.write(self.style.WARNING(f"  {line}"))

    def step(self, name: str, work: Callable[[], Any]) -> None:
        began = time.monotonic()
        work()
        self.stdout.write(f"  {name}: done after {time.monotonic() - began:.1f} s")
        self.stdout.flush()


def demonstration(lab: str) -> None:
    """What the demonstration needs; without *lab* its deployments are switched off."""
    from salesboost.demo import deployments

    if not lab:
        deployments.switch_off()
        return
    from salesboost.demo.choice import ensure_group
    from salesboost.demo.experiment import ensure_experiment
    from salesboost.demo.limits import raise_limits
    from salesboost.demo.prompts import ensure_worse

    raise_limits()
    ensure_worse()
    ensure_experiment()
    try:
        deployments.lead_to(lab)
    except deployments.NotOurs as error:
        raise CommandError(str(error)) from None
    ensure_group()


def in_a_thread(work: Callable[[], object]) -> Callable[[], None]:
    """*work*, which leaves none of its thread's connections open."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return run
