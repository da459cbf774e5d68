"""What a reader could take from everybody else: it lifts its own settings and tries."""

import threading
import uuid
from importlib import import_module
from types import SimpleNamespace

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from salesboost.services import wait_until
from telemetry.readers import guard, role
from telemetry.readers.tasks import end_overruns

pytestmark = pytest.mark.django_db(transaction=True)

LIFTED = (
    "SET default_transaction_read_only = off",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)


@pytest.fixture
def lifted(reader):
    """A reader who has lifted all that it may lift."""
    for statement in LIFTED:
        reader.execute(statement)
    return reader


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE TEMPORARY SEQUENCE mine",
        "CREATE TEMPORARY VIEW mine AS SELECT 1",
        "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT pg_notify('mine', 'x')",
        "SET temp_file_limit = -1",
        "SET LOCAL temp_file_limit = -1",
    ],
)
def test_a_reader_writes_nothing_anywhere_and_takes_none_of_our_locks(lifted, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        lifted.execute(statement)


def test_a_reader_cannot_change_the_bound_of_its_own_login(lifted, login):
    for change in ("SET temp_file_limit = -1", "RESET temp_file_limit"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            lifted.execute(f"ALTER ROLE {login.name} {change}")
    lifted.execute(f"ALTER ROLE {login.name} RESET ALL")  # its own settings are its own to forget
    with connection.cursor() as cursor:
        cursor.execute("SELECT setconfig FROM pg_db_role_setting WHERE setrole = %s::regrole", [login.name])
        assert cursor.fetchone()[0] == [f"temp_file_limit={guard.TEMP_FILE_LIMIT}"]


def test_the_temporary_files_of_a_query_are_bounded(lifted, login):
    assert lifted.execute("SHOW temp_file_limit").fetchone() == ("256MB",)
    with connection.cursor() as cursor:  # as little as makes the test fast
        cursor.execute(f"ALTER ROLE {login.name} SET temp_file_limit = '1MB'")
    with psycopg.connect(lifted.info.dsn, password=login.password, autocommit=True) as again:
        again.execute("SET work_mem = '64kB'")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            again.execute("SELECT count(*) FROM (SELECT n FROM generate_series(1, 500000) n ORDER BY -n) AS t")


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_a_reader_gets_into_no_other_database_of_the_embedded_server(lifted, login, database):
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(lifted.info.dsn, password=login.password, dbname=database)


def overran(login, **limits):
    with connection.cursor() as cursor:
        return guard.end_overruns(cursor, [login.name], **limits)


def test_a_query_that_goes_on_is_ended_whatever_its_login_has_set(lifted, login):
    ended = []

    def ask():
        with pytest.raises(psycopg.errors.AdminShutdown) as caught:
            lifted.execute("SELECT pg_sleep(60)")
        ended.append(caught.value)

    asking = threading.Thread(target=ask)
    asking.start()
    assert wait_until(lambda: overran(login, query_s=0.2), 10)
    asking.join(10)
    assert len(ended) == 1


@pytest.mark.parametrize("state", ["idle in transaction", "between short queries"])
def test_a_transaction_that_goes_on_is_ended_too(lifted, login, state):
    lifted.execute("BEGIN")
    lifted.execute("SELECT count(*) FROM spans")
    assert overran(login, transaction_s=600) == []
    assert wait_until(lambda: overran(login, query_s=600, transaction_s=0.2), 10)
    with pytest.raises(psycopg.OperationalError):
        lifted.execute("SELECT 1")


def test_a_reader_in_good_order_and_everybody_else_go_on(reader, login):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05)")
    reader.execute("SELECT count(*) FROM spans")
    assert overran(login, query_s=0, transaction_s=0) == []  # it is between queries
    end_overruns()  # as the worker runs it
    assert reader.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def lesser_account(transactional_db):
    """An account as on a server of somebody else's: it owns nothing here, stores spans, and makes roles."""
    name = f"app_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        for statement in (
            f"CREATE ROLE {name} CREATEROLE",
            f"GRANT INSERT, SELECT ON telemetry_span TO {name}",
            f"GRANT salesboost_reader TO {name} WITH ADMIN OPTION",
            f"GRANT USAGE ON SCHEMA observe TO {name} WITH GRANT OPTION",
            f"GRANT ALL ON ALL TABLES IN SCHEMA observe TO {name} WITH GRANT OPTION",
        ):
            cursor.execute(statement)
        yield name
        cursor.execute("RESET ROLE")
        cursor.execute(f"DROP OWNED BY {name} CASCADE")
        cursor.execute(f"DROP ROLE {name}")


@pytest.fixture
def open_doors(transactional_db):
    """Everybody may what Postgres lets everybody by default."""
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT TEMPORARY ON DATABASE {connection.settings_dict['NAME']} TO PUBLIC")
        cursor.execute(guard.FUNCTIONS)
        functions = ", ".join(name for (name,) in cursor.fetchall())
        cursor.execute(f"GRANT EXECUTE ON FUNCTION {functions} TO PUBLIC")


def test_an_account_that_may_not_close_a_door_says_what_an_administrator_has_to_run(open_doors, lesser_account):
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {lesser_account}")
        made = role.make_login(cursor, f"reader_{uuid.uuid4().hex[:12]}")
        assert any("temp_file_limit" in statement for statement in made.missing)
        assert any("REVOKE TEMPORARY" in statement for statement in made.missing)
        # It made the login, so it may end what that runs.
        assert not any(statement.startswith(f'GRANT "{made.name}"') for statement in made.missing)
        cursor.execute("RESET ROLE")
        for statement in made.missing:
            cursor.execute(statement)
        cursor.execute(f"SET ROLE {lesser_account}")
        assert role.bound(cursor, []) == []
        # Who stores spans still makes temporary tables and takes turns.
        cursor.execute("CREATE TEMPORARY TABLE pending (x int)")
        cursor.execute("SELECT pg_try_advisory_xact_lock(1)")
        cursor.execute("DROP TABLE pending")
        role.drop_login(cursor, made.name)


def test_readers_from_before_are_bound_by_the_migration(login, open_doors):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {login.name} RESET temp_file_limit")
        migration = import_module("telemetry.readers.migrations.0002_bound_readers")
        migration.bound(None, SimpleNamespace(connection=connection))
        cursor.execute("SELECT setconfig::text FROM pg_db_role_setting WHERE setrole = %s::regrole", [login.name])
        assert "temp_file_limit" in cursor.fetchone()[0]
        cursor.execute("SELECT has_database_privilege('public', current_database(), 'TEMPORARY')")
        assert cursor.fetchone() == (False,)


def test_the_command_says_nothing_where_nothing_is_missing(login, capsys):
    call_command("sql_reader", "--create", "--name", login.name)
    assert capsys.readouterr().err == ""
