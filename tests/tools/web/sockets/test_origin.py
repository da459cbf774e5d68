"""Which pages may open a socket."""

import pytest
from channels.testing import WebsocketCommunicator

from tools.web.sockets.origin import BrowserOriginValidator, may_open, own_address, site_of

OWN = "http://sales.example:8000"
TLS = "https://sales.example"


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        (OWN, OWN),
        ("HTTP://Sales.Example:8000", OWN),  # in other letters
        ("https://sales.example:443", TLS),  # the default port spelled out
        (TLS, "https://sales.example:443"),
        ("http://sales.example", "http://sales.example:80"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_our_own_pages_may(origin, own):
    assert may_open(origin, own, [])


@pytest.mark.parametrize(
    "origin",
    [
        "http://sales.example:3000",  # another port of the same host
        "http://sales.example",
        "https://sales.example:8000",  # another scheme
        "ws://sales.example:8000",
        "null",
        "",
        "sales.example:8000",
        "http://evil.example:8000",
        "http://sales.example.evil.example:8000",
        "http://sales.example:8000@evil.example:8000",
        "http://evil.sales.example:8000",
        "http://sales.example:port",
        "http://sales.example:99999",
        "http://[::1",
        "file://",
        "chrome-extension://abcdefghijklmnop",
    ],
)
def test_other_pages_may_not(origin):
    assert not may_open(origin, OWN, [])


def test_a_page_over_plain_http_may_not_where_we_have_tls():
    assert not may_open("http://sales.example", TLS, [])
    assert not may_open("http://sales.example:443", TLS, [])


def test_trusted_origins_may_as_their_forms_may():
    trusted = ["https://front.example", "https://*.team.example"]
    assert may_open("https://front.example", OWN, trusted)
    assert may_open("https://a.team.example", OWN, trusted)
    assert not may_open("http://front.example", OWN, trusted)
    assert not may_open("https://front.example:8443", OWN, trusted)
    assert not may_open("https://team.example.evil.example", OWN, trusted)


def test_nobody_is_us_where_the_host_is_not_ours():
    assert not may_open("http://evil.example", own_address({"host": "evil.example"}, ""), [])
    assert own_address({}, "") == ""
    assert site_of("") is None


@pytest.mark.parametrize(
    ("https", "headers", "scheme", "expected"),
    [
        (False, {}, "", "http://localhost:8000"),
        (False, {}, "wss", "https://localhost:8000"),
        (False, {"x-forwarded-proto": "https"}, "", "http://localhost:8000"),  # anybody could have written it
        (True, {"x-forwarded-proto": "https"}, "", "https://localhost:8000"),
        (True, {"x-forwarded-proto": "wss"}, "", "https://localhost:8000"),  # as Traefik has it
        (True, {"x-forwarded-proto": "https, http"}, "", "https://localhost:8000"),
        (True, {"x-forwarded-proto": "http"}, "", "http://localhost:8000"),
        (True, {}, "", "https://localhost:8000"),
    ],
)
def test_our_address_is_told_behind_a_proxy_that_ends_tls(settings, https, headers, scheme, expected):
    settings.HTTPS = https
    assert own_address({"host": "localhost:8000", **headers}, scheme) == expected


async def inner(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})


@pytest.mark.parametrize(
    ("headers", "is_open"),
    [
        ([(b"origin", b"http://localhost:8000")], True),
        ([], True),  # a program, which has to show a key
        ([(b"origin", b"http://localhost:3000")], False),
        ([(b"origin", b"null")], False),
        ([(b"origin", b"\xff\xfe")], False),
        ([(b"origin", b"http://localhost:8000"), (b"origin", b"http://evil.example")], False),
    ],
)
async def test_a_handshake_of_another_page_is_refused(headers, is_open):
    gate = WebsocketCommunicator(
        BrowserOriginValidator(inner), "/", headers=[(b"host", b"localhost:8000"), *headers]
    )
    assert (await gate.connect())[0] is is_open
