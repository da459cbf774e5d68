"""``manage.py rebuild_errors``: make the counts of errors of a period anew from its spans, or check them."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from telemetry.errors import rebuild
from telemetry.management.commands.rebuild_rollups import moment

SHOWN = 20


class Command(BaseCommand):
    help = "Make the counts of errors of a period anew from its spans. With --check, only say where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", required=True, help="a day or a moment, such as 2026-05-01 or 2026-05-01T12:00Z"
        )
        parser.add_argument("--until", default="", help="the same; now, if left out")
        parser.add_argument("--check", action="store_true", help="change nothing; fail if there is a difference")

    def handle(self, *args: Any, since: str, until: str, check: bool, **options: Any) -> None:
        start, end = moment(since), moment(until) if until else timezone.now()
        if start >= end:
            raise CommandError("--since has to be before --until.")
        if check:
            self._check(start, end)
        else:
            written = rebuild.recompute(start, end)
            self.stdout.write(f"{written} counts made from the spans since {start:%F %T}.")

    def _check(self, start: datetime, end: datetime) -> None:
        found = rebuild.differences(start, end)
        for each in found[:SHOWN]:
            self.stdout.write(f"{each.table} {each.key}: stored {each.stored}, counted {each.counted}")
        if found:
            raise CommandError(f"{len(found)} counts differ from the spans: run it without --check.")
        self.stdout.write("No difference.")
