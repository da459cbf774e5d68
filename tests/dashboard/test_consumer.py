"""The socket: for those who signed in, alive without Valkey."""

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from dashboard.consumers import NO_SUCH_PAGE, SIGNED_OUT, DashboardConsumer
from tests.dashboard.builders import store_calls

pytestmark = pytest.mark.django_db(transaction=True)


def socket(user, query="page=overview"):
    made = WebsocketCommunicator(DashboardConsumer.as_asgi(), f"/ws/dashboard?{query}")
    made.scope["user"] = user
    return made


async def closing_code(made):
    await made.connect()
    return (await made.receive_output(5))["code"]


@pytest.fixture
def ana(django_user_model):
    return django_user_model.objects.create_user("ana")


async def test_a_stranger_is_closed_with_a_code_that_ends_the_reconnecting():
    assert await closing_code(socket(AnonymousUser())) == SIGNED_OUT


async def test_a_page_that_there_is_not_is_closed(ana):
    assert await closing_code(socket(ana, "page=/etc/passwd")) == NO_SUCH_PAGE


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
