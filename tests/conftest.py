"""Fixtures that more than one part of the tests uses."""

import os
from collections.abc import Iterator

import hypothesis
import pytest
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page
from pytest_django import DjangoDbBlocker

from salesboost.starting.demonstration import forget_vendors_keys
from tests.connections import close_connections_of_other_threads, close_forgotten, wait_until_alone
from tests.emptying import instead_of_flush, kept_rows
from tests.live import Daphne, KeptBrowser, sign_in

# No test costs anybody anything, nor does what it starts.
forget_vendors_keys(os.environ)
# The provider lab, for whoever asks models, and what else tests of models share.
pytest_plugins = ["salesboost.testing.plugin"]
# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")
# Connections of one process's pool in use after a test; more are nobody's.
LOST = 6


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """As pytest-django's; at the end connections of our threads would keep the database from being dropped."""
    with django_db_blocker.unblock():
        ending = instead_of_flush(kept_rows())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", ending)
        yield
    from telemetry.store.writer import get_writer
    from telemetry.tracing.provider import shutdown_tracing
    from tools.llm.providers import live
    from tools.running import runtime
    from tools.selection import process as choice

    live.stop()
    choice.shutdown()
    runtime.shutdown()
    shutdown_tracing()
    get_writer().close()
    close_connections_of_other_threads()
    with django_db_blocker.unblock():
        close_forgotten()
        wait_until_alone()


@pytest.fixture(autouse=True)
def no_connection_is_lost() -> Iterator[None]:
    """Whose thread ended is lost to the pool: Channels' test client keeps what a server would give back."""
    yield
    from django.db import connection

    # Not `connection.pool`, which makes one: before the tests' database is there, of another database.
    pool = connection._connection_pools.get(connection.alias)
    stats = pool.get_stats() if pool else {}
    if stats.get("pool_size", 0) - stats.get("pool_available", 0) > LOST:
        connection.close_pool()


@pytest.fixture(autouse=True)
def no_experiments() -> Iterator[None]:
    """Nothing is compared, and no thread asks Postgres whether something is."""
    from tools.llm.experiments import live

    with live.pinned(live.Snapshot()):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_recording_behind_the_tests() -> None:
    """Importing the ASGI application begins to record; a test that wants that says so itself."""
    from telemetry.tracing.provider import shutdown_tracing

    shutdown_tracing()


@pytest.fixture(scope="session")
def _daphne(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daphne]:
    """One daphne for all tests: its start takes longer than most of them."""
    from django.db import connection

    folder = tmp_path_factory.mktemp("daphne")
    database = str(connection.settings_dict["NAME"])
    server = Daphne(database, folder / "daphne.log", application="tests.prompt_asgi:application")
    yield server
    server.stop()


@pytest.fixture
def live_server_daphne(_daphne: Daphne, transactional_db: None) -> Iterator[Daphne]:
    """A running daphne on the test's database; ``stop`` and ``start`` it at will."""
    if not _daphne.running:
        _daphne.start()
    yield _daphne
    _daphne.settle()


@pytest.fixture
def person(db):
    """``person(name, group or permissions, …)``: somebody with no more rights than these."""
    from django.contrib.auth.models import Group, User

    from salesboost.groups import GROUPS, ensure_groups, permissions

    def made(name, *rights, **fields):
        ensure_groups()
        user = User.objects.create(username=name, **fields)
        for right in rights:
            if right in GROUPS:
                user.groups.add(Group.objects.get(name=right))
            else:
                user.user_permissions.add(*permissions([right]))
        return user

    return made


@pytest.fixture(scope="session")
def _browser() -> Iterator[KeptBrowser]:
    """One Chromium for all tests: its start takes longer than most of them."""
    kept = KeptBrowser()
    yield kept
    kept.close()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, _browser: KeptBrowser) -> Iterator[Browser]:
    # Playwright's sync API keeps an event loop in this thread, and the test reads the database beside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with _browser.in_use() as started:
        yield started


@pytest.fixture
def console_errors() -> list[str]:
    """What ``page`` logged as errors; a test that provokes some takes them out."""
    return []


@pytest.fixture
def page(
    live_server_daphne: Daphne, browser: Browser, operator_session: str, console_errors: list[str]
) -> Iterator[Page]:
    """A page signed in as an operator; at the end it must not have logged an error in its console."""
    context = browser.new_context(base_url=live_server_daphne.url, viewport={"width": 1440, "height": 1000})
    opened = context.new_page()
    opened.on("console", lambda line: console_errors.append(line.text) if line.type == "error" else None)
    opened.on("pageerror", lambda error: console_errors.append(str(error)))
    sign_in(opened, live_server_daphne.url, operator_session)
    yield opened
    context.close()
    assert console_errors == []


@pytest.fixture
def operator_session(transactional_db: None) -> str:
    """The session key of somebody who may do everything."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.create_user("ana", is_superuser=True))
    return str(client.session.session_key)
