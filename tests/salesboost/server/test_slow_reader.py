"""An answer that comes in pieces waits for its reader, and not in the server's memory."""

import hashlib
import os
import re
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from telemetry.exports import files
from telemetry.exports.models import Export
from tests.live import wait_for
from tests.salesboost.server.reading import memory_mb, opened

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("daphne")]
PIECE = os.urandom(1 << 20)
PIECES = 120


@pytest.fixture
def export(operator_session, live_server_daphne):
    """An export whose file has 120 MB."""
    now = timezone.now()
    made = Export.objects.create(
        created_by=User.objects.get(),
        format="csv",
        state="done",
        start=now - timedelta(hours=1),
        end=now,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
    path = files.final(made)
    with path.open("wb") as file:
        for _ in range(PIECES):
            file.write(PIECE)
    yield made
    path.unlink()


def asked(server, address, session):
    """A connection that asked for *address* and reads nothing yet."""
    made = opened(server)
    lines = f"GET {address} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: sessionid={session}", "", ""
    made.sendall("\r\n".join(lines).encode())
    return made


def is_open(server, path):
    """Whether the server has the file at *path* open; what it closes while this looks counts as closed."""
    for each in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if os.readlink(each) == path:
                return True
    return False


def address_of(export):
    return f"/exports/{export.pk}/download/"


def test_a_large_export_to_a_reader_that_stops_stays_on_the_disk(live_server_daphne, export, operator_session):
    server, path = live_server_daphne, os.path.realpath(files.final(export))
    before = memory_mb(server)
    with closing(asked(server, address_of(export), operator_session)) as connection:
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        # Many other answers: time in which the server would have read all of the file.
        for _ in range(50):
            assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert is_open(server, path)
        assert memory_mb(server, "VmHWM") - before < 40
    wait_for(lambda: not is_open(server, path), 20, "the file closed after its reader has gone")


def test_a_slow_reader_gets_all_of_it_and_uses_the_connection_again(live_server_daphne, export, operator_session):
    got = hashlib.sha256()
    with httpx.Client(base_url=live_server_daphne.url, cookies={"sessionid": operator_session}) as client:
        with client.stream("GET", address_of(export)) as answer:
            connection = answer.extensions["network_stream"].get_extra_info("client_addr")
            for number, piece in enumerate(answer.iter_raw(1 << 20)):
                got.update(piece)
                if number % 20 == 0:  # until what is on the way has filled up
                    client.get(f"{live_server_daphne.url}/healthz")
        with client.stream("GET", address_of(export)) as answer:
            assert answer.extensions["network_stream"].get_extra_info("client_addr") == connection
    assert got.hexdigest() == hashlib.sha256(PIECE * PIECES).hexdigest()


def test_an_answer_in_one_piece_comes_as_it_did(live_server_daphne, operator_session):
    with closing(asked(live_server_daphne, "/login/", operator_session)) as connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1 << 16)
    assert re.match(rb"HTTP/1.1 (200|302)", head)
