"""The socket: for those who signed in and as long as they are, alive without Valkey."""

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError

from dashboard.live.broadcaster import BROADCASTER
from dashboard.live.consumers import DashboardConsumer
from salesboost.asgi import application
from tests.dashboard.builders import store_calls
from tests.logins import alog_in, headers_of
from tools.web.sockets.doorkeeper import Doorkeeper

pytestmark = pytest.mark.django_db(transaction=True)
SIGNED_OUT, NOT_ALLOWED, NO_SUCH_PAGE = 4401, 4403, 4404


def socket(headers=(), query="page=overview"):
    return WebsocketCommunicator(application, f"/ws/dashboard?{query}", headers=list(headers))


async def closing(made):
    """The code and reason of its end; what was pushed before is passed over."""
    while (output := await made.receive_output(5))["type"] == "websocket.send":
        pass
    return output["code"], output["reason"]


@pytest.fixture
async def ana():
    """The headers of her browser."""
    made = database_sync_to_async(User.objects.create_user)
    return headers_of(await alog_in(await made("ana", is_superuser=True)))


@pytest.fixture
def doorkeeper(monkeypatch):
    """One that looks only when it is told to."""
    made = Doorkeeper(every_s=3600)
    monkeypatch.setattr(DashboardConsumer, "doorkeeper", made)
    return made


@pytest.mark.parametrize(
    "headers", [[], headers_of("a" * 32), [(b"host", b"localhost"), (b"authorization", b"Bearer sb_x")]]
)
async def test_a_stranger_is_closed_with_a_code_that_ends_the_reconnecting(headers):
    made = socket(headers)
    await made.connect()
    assert await closing(made) == (SIGNED_OUT, "signed_out")


async def test_a_page_that_there_is_not_is_closed(ana):
    made = socket(ana, "page=/etc/passwd")
    await made.connect()
    assert (await closing(made))[0] == NO_SUCH_PAGE


async def test_who_may_not_open_a_page_does_not_watch_it(person):
    bert = headers_of(await alog_in(await database_sync_to_async(person)("bert", "telemetry.view_span")))
    made = socket(bert, "page=incidents")
    await made.connect()
    assert await closing(made) == (NOT_ALLOWED, "missing_permission")
    made = socket(bert)
    assert (await made.connect())[0]
    assert "verdict" in await made.receive_from(10)
    await made.disconnect()


async def test_it_sends_the_whole_page_first(ana):
    await database_sync_to_async(store_calls)(good=30, tool="price_calculator")
    made = socket(ana)
    await made.connect()
    html = await made.receive_from(10)
    assert 'id="verdict"' in html
    assert "price_calculator" in html
    await made.disconnect()


async def test_it_needs_no_channel_layer(ana, settings):
    settings.CHANNEL_LAYERS = {}
    made = socket(ana)
    connected, _ = await made.connect()
    assert connected
    assert 'id="pulse"' in await made.receive_from(10)
    await made.disconnect()


@pytest.mark.parametrize("page", ["incidents", "system"])
async def test_the_other_live_pages_are_pushed_too(ana, page):
    made = socket(ana, f"page={page}")
    await made.connect()
    assert 'id="pulse"' in await made.receive_from(10)
    await made.disconnect()


def deactivate():
    User.objects.update(is_active=False)


def sign_out():
    Session.objects.all().delete()


def delete_account():
    User.objects.all().delete()


def change_password():
    ana = User.objects.get()
    ana.set_password("correct horse battery")
    ana.save()


@pytest.mark.parametrize("end", [deactivate, sign_out, delete_account, change_password])
async def test_nothing_is_pushed_after_the_login(ana, doorkeeper, end):
    made = socket(ana)
    await made.connect()
    assert 'id="pulse"' in await made.receive_from(10)
    await doorkeeper.look()
    assert await made.receive_nothing(0.01) or (await made.receive_output())["type"] == "websocket.send"
    await database_sync_to_async(end)()
    await doorkeeper.look()
    assert await closing(made) == (SIGNED_OUT, "signed_out")
    await database_sync_to_async(store_calls)(good=30, tool="price_calculator")
    BROADCASTER.notify()
    assert await made.receive_nothing(2.5)
    await made.disconnect()


async def test_another_page_may_not_use_the_login(ana):
    made = socket([*(pair for pair in ana if pair[0] != b"origin"), (b"origin", b"http://localhost:3000")])
    assert not (await made.connect())[0]


async def test_a_browser_tries_again_while_postgres_is_away(ana, monkeypatch):
    def away(sessions):
        raise OperationalError("away")

    monkeypatch.setattr(DashboardConsumer, "doorkeeper", Doorkeeper(away))
    assert not (await socket(ana).connect())[0]
