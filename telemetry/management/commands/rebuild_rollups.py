"""``manage.py rebuild_rollups``: make the rollups of a period anew from its spans, or check them."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from telemetry.rollups import rebuild

SHOWN = 20


class Command(BaseCommand):
    help = "Make the rollups of a period anew from its spans. With --check, only say where they differ."

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
            self.stdout.write(f"{written} rollup rows made from the spans since {start:%F %T}.")
        if thinned := rebuild.thinned_hours(*rebuild.whole_hours(start, end)):
            first, last = thinned[0], thinned[-1]
            self.stdout.write(
                f"{len(thinned)} hours were left as they are, from {first:%F %H:00} to {last:%F %H:00}: "
                "spans of them were deleted by sampling, and their rollups are exact from when these came."
            )

    def _check(self, start: datetime, end: datetime) -> None:
        found = rebuild.differences(start, end)
        for difference in found[:SHOWN]:
            self.stdout.write(f"{difference.table} {difference.key}")
            self.stdout.write(f"  stored  {difference.stored}\n  counted {difference.counted}")
        if found:
            raise CommandError(f"{len(found)} rollup rows differ from the spans: run it without --check.")
        self.stdout.write("No difference.")


def moment(text: str) -> datetime:
    """The moment written in *text*, in UTC unless it says otherwise. Raises CommandError."""
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is not a moment: write it as 2026-05-01 or 2026-05-01T12:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
