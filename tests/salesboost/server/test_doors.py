"""What a real server takes: sizes before they are read, deadlines, connections, and what has to go on working."""

import gzip
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import httpx
import pytest
from google.rpc.status_pb2 import Status
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from telemetry.ingest.otlp import PROTOBUF
from tests.live import Daphne, wait_for
from tests.salesboost.server.reading import memory_mb, opened
from tests.telemetry.otlp_bodies import a_body, a_document
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
HUGE = 400_000_000
PIECE = b"x" * 1_000_000


@pytest.fixture(scope="module")
def hasty(django_db_setup, tmp_path_factory):
    """A server whose deadlines are short, with tools that stream."""
    from django.db import connection

    folder = tmp_path_factory.mktemp("hasty")
    environment = {"TICKING": str(folder), "DJANGO_SETTINGS_MODULE": "tests.salesboost.server.hasty"}
    started = Daphne(
        str(connection.settings_dict["NAME"]),
        folder / "log",
        environment=environment,
        application="tests.ticking:application",
    )
    started.start()
    # What a server loads in the background once it is there is no request's doing.
    maps = Path(f"/proc/{started.process.pid}/maps")
    wait_for(lambda: "l2_supercat_256" in maps.read_text(), 60, "the model of the embedding")
    for path in ("/login/", "/no/such/page", "/admin/login/", "/v1/traces", "/api/v1/tools/execute"):
        httpx.post(f"{started.url}{path}", content=b"{}", headers={"Content-Type": "application/json"})
    wait_for(partial(is_at_rest, started), 60, "all being loaded")
    yield started
    started.stop()


def is_at_rest(server, within_s=0.5):
    """Whether its memory stays as it is for a moment."""
    before = memory_mb(server)
    time.sleep(within_s)
    return abs(memory_mb(server) - before) < 0.5


@pytest.fixture(autouse=True)
def settled(hasty, transactional_db):
    """Nothing is stored after the test: refused strangers are recorded too."""
    yield
    hasty.settle()


@pytest.fixture
def authorized(hasty, transactional_db):
    """The header with a key that the server knows."""
    headers = {"Authorization": f"Bearer {create_key('doors')[1]}"}
    wait_for(
        lambda: httpx.get(f"{hasty.url}/api/v1/tools", headers=headers).status_code == 200, 20, "the key known"
    )
    return headers


def flood(server, path, headers, *, chunked=False):
    """Send HUGE bytes as far as the server lets us; its answer, and how many bytes went out."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {HUGE}"
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", length, *(f"{k}: {v}" for k, v in headers.items())]
    piece = b"%x\r\n%s\r\n" % (len(PIECE), PIECE) if chunked else PIECE
    sent = 0
    with closing(opened(server)) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        try:
            for _ in range(HUGE // len(PIECE)):
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        return read_all(connection), sent


def read_all(connection):
    said = b""
    try:
        while piece := connection.recv(65_536):
            said += piece
    except OSError:
        pass
    return said


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/login/", "application/x-www-form-urlencoded", 413),
        ("/no/such/page", "multipart/form-data; boundary=b", 413),
        ("/admin/login/", "application/x-www-form-urlencoded", 413),
        ("/v1/traces", "application/json", 401),
        ("/api/v1/tools/execute", "application/json", 401),
    ],
)
def test_a_huge_body_of_nobody_is_refused_and_leaves_no_memory_behind(hasty, path, content_type, status, chunked):
    # What the first loads for good, on a busy machine perhaps seconds after the start, no other loads again.
    flood(hasty, path, {"Content-Type": content_type}, chunked=chunked)
    before = memory_mb(hasty)
    said, _ = flood(hasty, path, {"Content-Type": content_type}, chunked=chunked)
    assert said.startswith(b"HTTP/1.1 %d " % status), said[:300]
    assert b"Connection: close" in said
    assert memory_mb(hasty) - before <= 20


@pytest.mark.parametrize(
    ("path", "told"),
    [("/v1/traces", "Send at most 20 MiB at a time."), ("/api/v1/tools/execute", "2,000,000 bytes")],
)
def test_who_has_a_key_is_told_how_much_it_may_send(hasty, authorized, path, told):
    before = memory_mb(hasty)
    for chunked in (False, True):
        said, _ = flood(hasty, path, {**authorized, "Content-Type": "application/json"}, chunked=chunked)
        assert said.startswith(b"HTTP/1.1 413 ") and told in said.decode(), said[:500]
    assert memory_mb(hasty) - before <= 40


def test_a_login_may_send_more_to_programs_addresses_and_a_wrong_session_nothing(hasty, operator_session):
    address = f"{hasty.url}/api/v1/tools/execute"
    body, headers = (
        json.dumps({"tool": "tick", "payload": {"times": "x" * 500_000}}),
        {"Content-Type": "application/json"},
    )
    known = httpx.post(address, content=body, headers=headers, cookies={"sessionid": operator_session})
    assert known.status_code == 403 and known.json()["code"] == "csrf"  # read, and refused for what it lacks
    assert httpx.post(address, content=body, headers=headers, cookies={"sessionid": "x" * 32}).status_code == 401


def test_six_hundred_half_requests_are_let_go_and_hold_up_nobody(hasty):
    halves = [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Half",
        b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
    ]
    halves.append(b"GET /ws/chat?session_id=s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upg")
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(opened(hasty))) for _ in range(600)]
        for number, connection in enumerate(connections):
            connection.sendall(halves[number % 3])
        began = time.monotonic()
        slowest = max(httpx.get(f"{hasty.url}/healthz").elapsed.total_seconds() for _ in range(20))
        answers = {read_all(connection)[:20] for connection in connections}
        took = time.monotonic() - began
    assert answers == {b"HTTP/1.1 408 Request"}
    assert took < 15 and slowest < 1
    assert httpx.get(f"{hasty.url}/healthz").status_code == 200


def test_a_trickle_is_cut_off_though_it_never_rests(hasty):
    with closing(opened(hasty)) as connection:
        connection.sendall(b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 20:
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            pass
    assert time.monotonic() - began < 10


def test_one_connection_too_many_is_told_so(hasty):
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(opened(hasty))) for _ in range(660)]
        time.sleep(0.3)
        said = read_all(connections[-1])
        assert said.startswith(b"HTTP/1.1 429 ") and b"too many connections" in said
    wait_for(lambda: answers(hasty), 10, "an answer, once they are closed")


def answers(server):
    try:
        return httpx.get(f"{server.url}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


# --- What goes on working -----------------------------------------------------------------------------------


def test_a_stream_longer_than_every_deadline_is_not_cut(hasty, authorized):
    body = {"tool": "tock", "payload": {"times": 450}}
    began = time.monotonic()
    answer = httpx.post(f"{hasty.url}/api/v1/tools/stream", json=body, headers=authorized, timeout=60)
    assert "event: result" in answer.text and time.monotonic() - began > 4


def test_a_connection_is_used_again(hasty, authorized):
    with httpx.Client(base_url=hasty.url, headers=authorized) as client:
        for _ in range(5):
            assert client.get("/api/v1/tools").status_code == 200
            time.sleep(0.5)
    with closing(opened(hasty)) as connection:
        for _ in range(5):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
            time.sleep(0.5)


def test_a_large_file_goes_to_a_client_that_reads_slowly(hasty):
    address = f"{hasty.url}/static/vendor/plotly.min.js"
    whole = httpx.get(address, headers={"Accept-Encoding": "identity"})
    assert whole.status_code == 200 and len(whole.content) > 1_000_000
    with httpx.stream("GET", address, headers={"Accept-Encoding": "identity"}) as answer:
        read = 0
        for piece in answer.iter_raw(500_000):
            read += len(piece)
            time.sleep(0.4)
    assert read == len(whole.content)


def test_a_normal_batch_of_five_megabytes_is_stored_at_a_slow_pace(hasty, authorized):
    body = a_body(14_000)
    assert len(body) > 2_800_000

    def slowly():
        for at in range(0, len(body), 200_000):
            yield body[at : at + 200_000]
            time.sleep(0.1)

    headers = {**authorized, "Content-Type": "application/x-protobuf"}
    length = {"Content-Length": str(len(body))}
    assert httpx.post(f"{hasty.url}/v1/traces", content=slowly(), headers=headers, timeout=60).status_code == 200
    sent = httpx.post(f"{hasty.url}/v1/traces", content=slowly(), headers={**headers, **length}, timeout=60)
    assert sent.status_code == 200


def test_answers_keep_coming_while_a_large_batch_is_read(hasty, authorized):
    body = gzip.compress(json.dumps(a_document(20_000, b"a large one.....")).encode(), 1)
    headers = {**authorized, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=hasty.url) as client:
        sent = pool.submit(httpx.post, f"{hasty.url}/v1/traces", content=body, headers=headers, timeout=60)
        took = []
        while not sent.done():
            took.append(client.get("/healthz").elapsed.total_seconds())
    assert sent.result().status_code == 200
    # The parser of before stopped all for seconds; the rest is what a busy machine adds.
    assert sorted(took)[len(took) * 9 // 10] < 0.3 and max(took) < 1.5


def test_a_bomb_does_not_fill_the_memory(hasty, authorized):
    httpx.post(f"{hasty.url}/v1/traces", content=a_body(10), headers={**authorized, "Content-Type": PROTOBUF})
    before = memory_mb(hasty)
    bomb = gzip.compress(b"[" + b"[]," * 10_000_000 + b"[]]", 9)
    headers = {**authorized, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = httpx.post(f"{hasty.url}/v1/traces", content=bomb, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, 8)
    assert memory_mb(hasty, "VmHWM") - before <= 200


def test_an_error_in_protobuf_is_said_in_protobuf(hasty, authorized):
    answer = httpx.post(
        f"{hasty.url}/v1/traces", content=b"\x0a\x00" * 500_000, headers={**authorized, "Content-Type": PROTOBUF}
    )
    status = Status.FromString(answer.content)
    assert (answer.status_code, answer.headers["Content-Type"], status.code) == (413, PROTOBUF, 8)
    assert "more than 1,050,000 values" in status.message


def test_the_log_in_still_reads_its_form(hasty):
    with httpx.Client(base_url=hasty.url) as client:
        client.get("/login/")
        form = {"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        said = client.post("/login/", data=form)
    assert said.status_code == 200 and "password" in said.text


def test_messages_over_a_socket_are_bounded_whole_and_in_pieces(hasty, authorized):
    address = f"{hasty.url.replace('http', 'ws')}/ws/chat?session_id=s1"
    for message in ("x" * 1_500_000, ("x" * 100_000 for _ in range(15))):
        with connect(address, additional_headers=authorized, ping_interval=None) as chat:
            with pytest.raises(ConnectionClosed) as closed:
                chat.send(message)
                while True:
                    chat.recv(timeout=20)
            assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
    with connect(address, additional_headers=authorized) as chat:
        time.sleep(4)  # longer than any deadline of requests
        chat.send("no JSON")
        while json.loads(chat.recv(timeout=10))["event"] != "error":
            pass


def test_a_handshake_has_no_body(hasty):
    address = f"{hasty.url.replace('http', 'ws')}/ws/chat?session_id=s1"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, additional_headers={"Content-Length": "10000"}, open_timeout=10)
    assert refused.value.response.status_code == 413


def test_the_server_ends_though_half_a_request_is_open(hasty):
    with closing(opened(hasty)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        threading.Event().wait(0.2)
        hasty.stop()
    hasty.start()
    assert "Traceback" not in hasty.log.read_text()
