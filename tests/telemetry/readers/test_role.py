"""Connected as a reader: the views are all there is, and nothing can be changed."""

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from telemetry.readers import role

pytestmark = pytest.mark.django_db(transaction=True)

FORBIDDEN = (
    *("public.telemetry_span", "public.telemetry_span_payload", "public.telemetry_rollup"),
    *("public.tools_apikey", "public.auth_user", "public.django_session", "observe.payloads"),
)


@pytest.mark.parametrize("view", role.VIEWS)
def test_a_reader_reads_every_view(reader, view):
    assert reader.execute(f"SELECT * FROM observe.{view}").fetchall() == []
    assert reader.execute(f"SELECT count(*) FROM {view}").fetchone() == (0,)  # it looks there first


@pytest.mark.parametrize("table", FORBIDDEN)
def test_a_reader_reads_no_table_no_key_and_no_payload(reader, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM observe.spans",
        "UPDATE public.telemetry_rollup SET spans = 0",
        "INSERT INTO public.telemetry_heartbeat VALUES ('x', now())",
        "CREATE TABLE public.mine (x int)",
        "CREATE TABLE observe.mine (x int)",
        "DROP VIEW observe.spans",
        "CREATE ROLE other",
        "SET ROLE postgres",
    ],
)
def test_a_reader_changes_nothing_even_when_it_asks_for_writing(reader, change):
    with pytest.raises(psycopg.Error):
        reader.execute(change)
    reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(psycopg.Error) as refused:
        reader.execute(change)
    assert not isinstance(refused.value, psycopg.errors.ReadOnlySqlTransaction | psycopg.errors.UndefinedTable)


def test_a_reader_begins_every_transaction_for_reading(reader):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("CREATE TEMPORARY TABLE mine (x int)")


def test_every_table_of_the_database_is_closed_to_a_reader(reader):
    rows = reader.execute(
        "SELECT schemaname || '.' || relname FROM pg_stat_user_tables "
        "WHERE has_any_column_privilege(relid, 'SELECT')"
    ).fetchall()
    assert rows == []


def test_a_readers_queries_and_idle_transactions_end_by_themselves(reader):
    shown = [reader.execute(f"SHOW {name}").fetchone()[0] for name in role.SETTINGS]
    assert shown == ["on", "15s", "1min", "observe"]
    reader.execute("SET statement_timeout = '20ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        reader.execute("SELECT pg_sleep(5)")


def test_the_command_makes_a_login_renews_its_password_and_takes_it_away(login, capsys):
    call_command("sql_reader", "--create", "--name", login.name)
    said = capsys.readouterr().out
    assert f"postgresql://{login.name}:" in said and login.name in said.splitlines()[-1]
    assert login.password not in said
    call_command("sql_reader", "--drop", "--name", login.name)
    assert login.name not in capsys.readouterr().out
    with connection.cursor() as cursor:
        assert not role.exists(cursor, login.name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Robert'); --", "is no name for a login"), ("pg_monitor", "is no reader of SalesBoost")],
)
def test_a_name_that_cannot_be_is_refused(name, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("sql_reader", "--create", "--name", name)
    with pytest.raises(CommandError, match="is no reader"):
        call_command("sql_reader", "--drop", "--name", name)


def test_an_account_that_may_not_make_roles_is_told_what_to_do():
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE pg_monitor")
        try:
            assert not role.may_make(cursor)
            with pytest.raises(role.RoleError, match="may not create roles"):
                role.make_login(cursor, "grafana")
        finally:
            cursor.execute("RESET ROLE")


def test_the_servers_log_never_has_the_password(login):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [login.name])
        assert cursor.fetchone()[0].startswith("SCRAM-SHA-256$")
