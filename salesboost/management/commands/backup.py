"""`manage.py backup FILE`: database, waiting spans and credentials in one file, while SalesBoost runs or not."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from salesboost import backup
from salesboost.programs import ServiceError


class Command(BaseCommand):
    help = "Write the database, spans that wait to be stored, and credentials to one file (docs/operations.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write, for example salesboost.tar")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        os.umask(0o077)
        try:
            backup.back_up(settings.DATA_DIR, settings.GIVEN_DATABASE_URL, file.absolute())
        except (backup.BackupError, ServiceError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{file}: {file.stat().st_size / 1e6:.1f} MB. It holds credentials: keep it safe.")
