"""Sockets through a real daphne: what a browser and a program see of a door that closes."""

import json
import time

import httpx
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.live import wait_for
from tests.logins import log_in
from tools.decisions.keys import create_key, revoke_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def open_socket(live_server_daphne):
    """Open /ws/chat with the headers given; the page is one of the server's own unless it is said."""
    address = live_server_daphne.url.replace("http", "ws") + "/ws/chat?session_id=s1"

    def open_one(origin=live_server_daphne.url, **headers):
        return connect(address, origin=origin, additional_headers=headers)

    return open_one


def end_of(socket):
    """What it says last, its close code, and after how many seconds."""
    began, said = time.monotonic(), None
    try:
        while True:
            said = json.loads(socket.recv(timeout=20))
    except ConnectionClosed:
        return said["data"]["code"], socket.close_code, time.monotonic() - began


def test_a_socket_ends_with_the_login_within_seconds(open_socket):
    session = log_in(User.objects.create_superuser("ana"))
    with open_socket(Cookie=f"sessionid={session}") as socket:
        Session.objects.all().delete()
        code, closed_with, after_s = end_of(socket)
    assert (code, closed_with) == ("signed_out", 4401)
    assert after_s < 10


def test_a_call_after_the_login_is_refused_at_once(open_socket):
    session = log_in(User.objects.create_superuser("ana"))
    with open_socket(Cookie=f"sessionid={session}") as socket:
        User.objects.update(is_active=False)
        socket.send(json.dumps({"action": "execute", "tool": "competitor_analysis", "payload": {}}))
        code, closed_with, after_s = end_of(socket)
    assert (code, closed_with) == ("signed_out", 4401)
    assert after_s < 5


def test_a_socket_ends_with_its_key(open_socket, live_server_daphne):
    key, plain = create_key("app", ["execute"])
    headers = {"Authorization": f"Bearer {plain}"}
    tools = f"{live_server_daphne.url}/api/v1/tools"
    wait_for(lambda: httpx.get(tools, headers=headers).status_code == 200, 20, "the server reading the new key")
    with open_socket(None, **headers) as socket:
        revoke_key(key)
        code, closed_with, after_s = end_of(socket)
    assert (code, closed_with) == ("invalid_api_key", 4401)
    assert after_s < 10


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "https://127.0.0.1", "http://localhost", "null"])
def test_a_page_of_another_port_or_scheme_gets_no_socket(open_socket, origin):
    session = log_in(User.objects.create_superuser("ana"))
    with pytest.raises(InvalidStatus) as refused:
        open_socket(origin, Cookie=f"sessionid={session}")
    assert refused.value.response.status_code == 403
