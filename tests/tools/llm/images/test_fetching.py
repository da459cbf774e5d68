from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from tests.tools.llm.images.pictures import drawn
from tools.llm.images import BadImage, picture
from tools.llm.images.fetching import fetched

PICTURE = drawn()


class Server(ThreadingHTTPServer):
    """Answers each path as *answers* says: status, headers, and the body in pieces."""

    daemon_threads = True

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.over = answers, [], Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, headers, pieces = self.server.answers(self)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in pieces:
                self.wfile.write(piece)
        except OSError:
            self.server.over.set()  # who asked has gone

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(answers) -> Iterator[Server]:
    server = Server(answers)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def loopback(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]


def answer(status=200, body=PICTURE, **headers):
    return lambda request: (status, headers, [body])


async def test_a_picture_of_an_address(loopback):
    with serving(answer()) as server:
        read = await picture(f"{server.url}/a.jpg?secret=1")
    assert (read.data, read.media_type, server.asked) == (PICTURE, "image/png", ["/a.jpg?secret=1"])


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://localhost/", "http://169.254.169.254/latest/"])
async def test_inner_addresses_are_refused_without_telling_what_is_there(address):
    with pytest.raises(BadImage) as refused:
        await picture(address)
    assert "none that may be reached from here" in str(refused.value) and "127.0" not in str(refused.value)


@pytest.mark.parametrize(
    "to", ["http://[::1]:1/", "http://10.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/"]
)
async def test_a_redirect_is_judged_like_the_first_address(loopback, to):
    with serving(answer(302, b"", location=to)) as server, pytest.raises(BadImage) as refused:
        await picture(server.url)
    assert "none that may be reached from here" in str(refused.value) or "cannot be fetched" in str(refused.value)


async def test_redirects_are_followed_and_end(loopback):
    def few(request):
        left = int(request.path.strip("/"))
        return (302, {"location": f"/{left - 1}"}, [b"x"]) if left else (200, {}, [PICTURE])

    with serving(few) as server:
        assert (await picture(f"{server.url}/5")).data == PICTURE
        with pytest.raises(BadImage, match="leads on more than 5 times"):
            await picture(f"{server.url}/6")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (answer(404, b""), "answered 404"),
        (answer(500, PICTURE), "answered 500"),
        (answer(200, b"<html>"), "no picture that models take"),
        (answer(200, b"", **{"content-length": "60000000"}), "has 60 MB, and 20 MB are taken"),
        (lambda request: (200, {}, (bytes(1_000_000) for _ in range(60))), r"has 2\d MB, and 20 MB are taken"),
        (lambda request: (200, {"content-length": "99"}, [PICTURE[:20]]), "cannot be fetched"),
    ],
    ids=["404", "500", "a page", "60 MB announced", "60 MB sent", "cut off"],
)
async def test_what_an_address_may_answer(loopback, answers, said):
    with serving(answers) as server, pytest.raises(BadImage, match=said):
        await picture(f"{server.url}/a")


async def test_an_answer_that_drips_has_an_end(loopback):
    def dripping(request):
        def pieces():
            while not request.server.over.wait(0.01):
                yield b"."

        return 200, {}, pieces()

    with serving(dripping) as server, pytest.raises(BadImage, match=r"not there within 0\.2 s"):
        await fetched(server.url, 0.2)


async def test_nobody_there(loopback):
    with serving(answer()) as server:
        address = server.url
    with pytest.raises(BadImage, match="cannot be fetched"):
        await picture(address)
