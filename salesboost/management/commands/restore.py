"""`manage.py restore FILE`: what `manage.py backup` wrote, into an empty DATA_DIR and an empty database."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from salesboost import backup, checks
from salesboost.programs import ServiceError


class Command(BaseCommand):
    help = "Bring back what `manage.py backup` wrote, into an empty DATA_DIR and an empty database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file that `manage.py backup` wrote")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        os.umask(0o022)
        try:
            checks.check_data_dir(settings.DATA_DIR)
            backup.restore(settings.DATA_DIR, settings.GIVEN_DATABASE_URL, file)
        except (backup.BackupError, checks.StartError, ServiceError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Restored. Start SalesBoost now; make the logins of SQL readers again (docs/sql.md).")
