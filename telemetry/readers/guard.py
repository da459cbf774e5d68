"""What a reader could take from everybody else, and how it is kept from it.

A login may lift its own settings, so a setting is a courtesy. What holds is rights, which are taken here from
PUBLIC and given to those who store spans; the limit of temporary files, which only an administrator may lift; and
``end_overruns``, by which the worker ends what has gone on for too long.
"""

from dataclasses import dataclass
from typing import Any

from django.db import ProgrammingError, transaction
from psycopg import sql

SPANS = "telemetry_span"
# Past the 15 s and 60 s of a reader's own settings, so that these, which say why, come first.
LONGEST_QUERY_S = 30
LONGEST_TRANSACTION_S = 90
# Of each process that works for a reader.
TEMP_FILE_LIMIT = "256MB"

# Functions by which any login could write to the disk, or hold the locks by which our workers take turns.
FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND (
    proname ~ '^pg_(try_)?advisory_(xact_)?lock'
    OR proname IN (
        'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_truncate', 'lo_truncate64', 'lo_import',
        'pg_notify', 'pg_logical_emit_message'
    )
) ORDER BY 1"""
# Who stores spans makes temporary tables, and takes turns by those locks.
WRITERS = f"""
SELECT rolname FROM pg_roles WHERE NOT rolsuper AND NOT starts_with(rolname, 'pg_')
AND has_table_privilege(oid, '{SPANS}', 'INSERT') ORDER BY 1"""
OVERRUNS = """
SELECT usename, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = ANY(%s) AND pid <> pg_backend_pid() AND (
    (state = 'active' AND clock_timestamp() - query_start > make_interval(secs => %s))
    OR clock_timestamp() - xact_start > make_interval(secs => %s)
)"""


@dataclass(frozen=True, slots=True)
class Door:
    """Something that every login of the server may do: a question that is true while it may, and what ends it."""

    question: str
    statements: tuple[str, ...]

    def is_open(self, cursor: Any) -> bool:
        cursor.execute(self.question)
        return bool(cursor.fetchone()[0])


def close(cursor: Any) -> list[str]:
    """Keep readers from the disk and from our locks; the statements for an administrator where we may not."""
    missing: list[str] = []
    for door in _doors(cursor):
        _attempt(cursor, door.statements)
        if door.is_open(cursor):  # of some things that it does not do, Postgres only warns
            missing += door.statements
    return missing


def limit(cursor: Any, login: str) -> list[str]:
    """Bound the temporary files of *login*, and let those who store spans see and end what it runs.

    Gives the statements for an administrator where our own account may not.
    """
    name = _quoted(cursor, login)
    statements = [f"ALTER ROLE {name} SET temp_file_limit = '{TEMP_FILE_LIMIT}'"]
    statements += [f"GRANT {name} TO {writer}" for writer in _writers(cursor)]
    return [statement for statement in statements if not _attempt(cursor, [statement])]


def end_overruns(
    cursor: Any,
    logins: list[str],
    query_s: float = LONGEST_QUERY_S,
    transaction_s: float = LONGEST_TRANSACTION_S,
) -> list[str]:
    """End the connections of *logins* whose query or transaction has lasted longer; whose they were."""
    cursor.execute(OVERRUNS, [logins, query_s, transaction_s])
    return [name for name, ended in cursor.fetchall() if ended]


def _doors(cursor: Any) -> list[Door]:
    cursor.execute("SELECT current_database()")
    database = _quoted(cursor, cursor.fetchone()[0])
    cursor.execute(FUNCTIONS)
    functions = ", ".join(name for (name,) in cursor.fetchall())
    writers = _writers(cursor)
    return [
        Door(
            "SELECT has_database_privilege('public', current_database(), 'TEMPORARY')",
            (
                *(f"GRANT TEMPORARY ON DATABASE {database} TO {writer}" for writer in writers),
                f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
            ),
        ),
        Door(
            "SELECT has_schema_privilege('public', 'public', 'CREATE')",
            ("REVOKE CREATE ON SCHEMA public FROM PUBLIC",),
        ),
        Door(
            f"SELECT bool_or(has_function_privilege('public', name, 'EXECUTE')) FROM ({FUNCTIONS}) AS f (name)",
            (
                *(f"GRANT EXECUTE ON FUNCTION {functions} TO {writer}" for writer in writers),
                f"REVOKE EXECUTE ON FUNCTION {functions} FROM PUBLIC",
            ),
        ),
    ]


def _writers(cursor: Any) -> list[str]:
    """The accounts, but superusers, that may store spans."""
    cursor.execute(WRITERS)
    return [_quoted(cursor, name) for (name,) in cursor.fetchall()]


def _quoted(cursor: Any, name: str) -> str:
    return sql.Identifier(name).as_string(cursor.connection)


def _attempt(cursor: Any, statements: tuple[str, ...] | list[str]) -> bool:
    """Whether our account may do all of *statements*, which then are done; else none of them is."""
    try:
        with transaction.atomic(using=cursor.db.alias):
            for statement in statements:
                cursor.execute(statement)
    except ProgrammingError:  # insufficient privilege
        return False
    return True
