"""``manage.py price_spans``: price the spans of a period again, after prices were corrected."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from telemetry.cost import book
from telemetry.cost.repricing import reprice
from telemetry.management.commands.rebuild_rollups import moment


class Command(BaseCommand):
    help = "Price the spans of a period again by today's price table, and add up their rollups anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", required=True, help="a day or a moment, such as 2026-05-01 or 2026-05-01T12:00Z"
        )
        parser.add_argument("--until", default="", help="the same; now, if left out")

    def handle(self, *args: Any, since: str, until: str, **options: Any) -> None:
        start, end = moment(since), moment(until) if until else timezone.now()
        if start >= end:
            raise CommandError("--since has to be before --until.")
        looked_at = changed = thinned = 0
        for hour in reprice(start, end, book.current()):
            looked_at, changed = looked_at + hour.looked_at, changed + hour.changed
            thinned += hour.thinned
            if hour.changed:
                self.stdout.write(f"{hour.start:%F %H:%M}: {hour.changed:,} of {hour.looked_at:,} spans changed.")
        if thinned:
            self.stdout.write(f"{thinned:,} hours were left as they are: sampling deleted spans of them.")
        self.stdout.write(f"{changed:,} of {looked_at:,} spans with tokens or a cost have another cost now.")
