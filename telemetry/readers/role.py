"""The role of those who read the store by SQL: what it may see, and the logins that have it.

``salesboost_reader`` cannot log in itself; a login is made for each reader, so that each can be taken away. It
sees the views of the schema ``observe`` and nothing else: no tables, no payloads, no keys, no accounts.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from telemetry.readers import guard

ROLE = "salesboost_reader"
SCHEMA = "observe"
VIEWS = ("spans", "calls", "errors", "rollups")
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
# Of each login: members do not inherit a role's settings. A query that runs long, or a transaction that somebody
# forgot, would keep vacuum from its work. A reader may lift them; ``guard`` has what it may not.
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
    "search_path": SCHEMA,
}
MOST_CONNECTIONS = 10


class RoleError(Exception):
    """A role that cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Login:
    """A reader's login. ``missing``: statements by which an administrator of the server has to bound it."""

    name: str
    password: str
    missing: tuple[str, ...] = ()


def exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    return cursor.fetchone() is not None


def may_make(cursor: Any) -> bool:
    """Whether our account may create roles."""
    cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    return bool(cursor.fetchone()[0])


def make(cursor: Any) -> bool:
    """Make the role if it is missing; False where it is missing and our account may not create roles."""
    if not exists(cursor, ROLE):
        if not may_make(cursor):
            return False
        # Roles belong to the whole server: another database's migration may be making it just now.
        cursor.execute(
            f"DO $$ BEGIN CREATE ROLE {ROLE} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    return True


def grant(cursor: Any) -> None:
    """Let the role see what it may see, and nothing else in the schema."""
    cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {ROLE}")
    cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {ROLE}")
    cursor.execute(f"GRANT SELECT ON {', '.join(f'{SCHEMA}.{view}' for view in VIEWS)} TO {ROLE}")


def logins(cursor: Any) -> list[str]:
    """Who has the role, by name."""
    cursor.execute(
        "SELECT member.rolname FROM pg_auth_members JOIN pg_roles role ON role.oid = roleid "
        "JOIN pg_roles member ON member.oid = member WHERE role.rolname = %s AND member.rolcanlogin ORDER BY 1",
        [ROLE],
    )
    return [name for (name,) in cursor.fetchall()]


def make_login(cursor: Any, name: str) -> Login:
    """A login of that *name* with the role and a new password, which is not to be had again.

    One that exists gets a new password. Raises RoleError.
    """
    if not NAME.fullmatch(name):
        raise RoleError(f"{name!r} is no name for a login: use small letters, digits and _, a letter first.")
    if not may_make(cursor):
        raise RoleError(
            "SalesBoost's own account may not create roles: run this with the DATABASE_URL of one that may, "
            "or give it the right by ALTER ROLE … CREATEROLE."
        )
    make(cursor)
    grant(cursor)
    if exists(cursor, name) and name not in logins(cursor):
        raise RoleError(f"There is a role {name!r} already that is no reader of SalesBoost: choose another name.")
    verb = "ALTER" if exists(cursor, name) else "CREATE"
    password = secrets.token_urlsafe(24)
    _run(
        cursor,
        f"{verb} ROLE {{name}} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE "
        f"CONNECTION LIMIT {MOST_CONNECTIONS} PASSWORD {{hashed}}",
        name=sql.Identifier(name),
        hashed=sql.Literal(_hashed(cursor, name, password)),
    )
    _run(cursor, f"GRANT {ROLE} TO {{name}}", name=sql.Identifier(name))
    for setting, value in SETTINGS.items():
        _run(
            cursor,
            f"ALTER ROLE {{name}} SET {setting} = {{value}}",
            name=sql.Identifier(name),
            value=sql.Literal(value),
        )
    return Login(name, password, tuple(bound(cursor, [name])))


def bound(cursor: Any, names: list[str]) -> list[str]:
    """Bound what the logins *names* may take of the server; what an administrator has to do where we may not."""
    return [*guard.close(cursor), *(statement for name in names for statement in guard.limit(cursor, name))]


def drop_login(cursor: Any, name: str) -> None:
    """Take a reader's login away. Raises RoleError for a name that is no reader's."""
    if name not in logins(cursor):
        raise RoleError(f"{name!r} is no reader: there are {', '.join(logins(cursor)) or 'none'}.")
    _run(cursor, "DROP ROLE {name}", name=sql.Identifier(name))


def _run(cursor: Any, text: str, **parts: sql.Composable) -> None:
    cursor.execute(sql.SQL(text).format(**parts).as_string(cursor.connection))


def _hashed(cursor: Any, name: str, password: str) -> str:
    """*password* as Postgres keeps it, made here: the plain one is in no statement, and so in no log."""
    hashed: bytes = cursor.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return hashed.decode()
