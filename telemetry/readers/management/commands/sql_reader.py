"""``manage.py sql_reader``: make, renew or take away a login that reads the store by SQL."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from telemetry.readers import role


class Command(BaseCommand):
    help = "Logins that may read the views of the schema observe (docs/sql.md), for Grafana and notebooks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--create", action="store_true", help="make the login, or give it a new password")
        what.add_argument("--drop", action="store_true", help="take the login away")
        parser.add_argument("--name", default="grafana", help="the login's name (grafana)")

    def handle(self, *args: Any, create: bool, drop: bool, name: str, **options: Any) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if create:
                    login = role.make_login(cursor, name)
                elif drop:
                    role.drop_login(cursor, name)
                found = role.logins(cursor)
        except role.RoleError as error:
            raise CommandError(str(error)) from None
        if create:
            self.stdout.write(f"The login {login.name!r} may read. Its password is shown only now:")
            self.stdout.write(f"  {address(settings.DATABASE_URL, login)}")
            self.say_what_is_missing(login)
        self.stdout.write(f"Readers: {', '.join(found) or 'none; make one with --create'}.")

    def say_what_is_missing(self, login: role.Login) -> None:
        if not login.missing:
            return
        self.stderr.write(
            self.style.WARNING(
                "It could fill the disk or hold our locks: SalesBoost's own account may not prevent that. "
                "Let an administrator of the server run this in SalesBoost's database:"
            )
        )
        for statement in login.missing:
            self.stderr.write(f"  {statement};")


def address(url: str, login: role.Login) -> str:
    """*url*, which is ours, with the reader's *login* in it."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    user = f"{quote(login.name)}:{quote(login.password)}"
    return parts._replace(netloc=f"{user}@{place}").geturl()
