"""Empties what a test has written.

Django's flush makes a hundred tables with all their indexes anew, which takes half a second.
"""

from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

# What the migrations leave in a new database. Tests are to find it as it was.
KEPT = ("django_migrations", "django_content_type", "auth_permission")
_WRITTEN = """
    SELECT relname, relispartition FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s)
        AND pg_relation_size(oid) > 0
    ORDER BY relname"""


def kept_rows() -> tuple[int, ...]:
    """How many rows each of the KEPT tables has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in KEPT))
        return tuple(cursor.fetchone())


def empty() -> None:
    """Empty all tables but KEPT. One transaction, since foreign keys are looked at when it ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [list(KEPT)])
        for table, is_partition in cursor.fetchall():
            # A partition may be large, and no foreign key leads to it.
            cursor.execute(f'TRUNCATE "{table}"' if is_partition else f'DELETE FROM "{table}"')


def instead_of_flush(kept: tuple[int, ...]) -> Any:
    """What ends a test of transactions: ``empty``, or Django's own way if the test changed what is KEPT."""

    def fixture_teardown(case: TransactionTestCase) -> None:
        if kept_rows() == kept:
            empty()
        else:
            call_command("flush", verbosity=0, interactive=False)

    return fixture_teardown
