"""`manage.py reseal_secrets`: after SALESBOOST_SECRET_KEY was changed, and before the former key is forgotten."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telemetry.database.resealing import reseal


class Command(BaseCommand):
    help = "Seal what is secret in the database with the newest SALESBOOST_SECRET_KEY; each start does it too."

    def handle(self, *args: Any, **options: Any) -> None:
        done = reseal()
        if done.lost:
            raise CommandError("\n".join(done.lines()))
        self.stdout.write("\n".join(done.lines()) or "All secrets are sealed with the newest key.")
