"""What no address may hold, in the address of each WebSocket: told by the close code, never a fault inside."""

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User

from salesboost.asgi import application
from tests.logins import alog_in, headers_of
from tests.salesboost.addresses import table

pytestmark = pytest.mark.django_db(transaction=True)
BAD_ADDRESS = 4400
# What each socket has to be asked for, and cannot do without.
ASKED = {"/ws/dashboard": "page=overview", "/ws/chat": "session_id=s"}
SOCKETS = sorted({row.address for row in table() if row.method == "WS"})


@pytest.fixture
async def root():
    """The headers of a browser that may do everything."""
    made = database_sync_to_async(User.objects.create_superuser)
    return headers_of(await alog_in(await made("root", password="correct horse battery")))


async def ending(headers, path, query):
    """The code and reason with which a socket at that address ends; None where it stays open."""
    made = WebsocketCommunicator(application, f"{path}?{query}", headers=headers)
    assert (await made.connect())[0]
    while (output := await made.receive_output(10))["type"] == "websocket.send":
        if '"error"' not in output.get("text", ""):
            await made.disconnect()
            return None
    return output["code"], output["reason"]


def test_each_socket_of_the_table_is_walked():
    assert set(ASKED) == set(SOCKETS)


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("name", ["page", "session_id", "tool", "period", "calls", "anything"])
@pytest.mark.parametrize("value", ["%00", "a%00b"])
async def test_nul_is_refused_at_every_socket_in_every_parameter(root, path, name, value):
    for query in (f"{ASKED[path]}&{name}={value}", f"{name}={value}&{ASKED[path]}"):
        assert await ending(root, path, query) == (BAD_ADDRESS, "unstorable_value")


@pytest.mark.parametrize("path", SOCKETS)
async def test_so_is_nul_in_a_name_and_more_than_is_read(root, path):
    assert await ending(root, path, f"{ASKED[path]}&%00=1") == (BAD_ADDRESS, "unstorable_value")
    many = "&".join(["a=1"] * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    assert await ending(root, path, f"{ASKED[path]}&{many}") == (BAD_ADDRESS, "bad_request")


async def test_a_socket_follows_one_session(root):
    assert await ending(root, "/ws/chat", "session_id=a&session_id=b") == (BAD_ADDRESS, "bad_request")


@pytest.mark.parametrize("value", ["%2500", "%C3%A4", "%ED%A0%80", "9" * 400])
async def test_what_only_looks_like_it_is_served(root, value):
    assert await ending(root, "/ws/dashboard", f"page=overview&tool={value}") is None
