"""Every answer has the headers that protect it, whoever made it."""

import socket

import httpx
import pytest

from salesboost.headers import HEADERS, HSTS, wanted, with_headers
from tests.live import wait_for
from tools.decisions.keys import create_key

ANSWERS = {
    "a page": ("/login/", 200),
    "a page that wants a login": ("/", 302),
    "the admin's log-in": ("/admin/login/", 200),
    "an address that is not": ("/nowhere/", 404),
    "a refusal to a program": ("/api/v1/tools", 401),
    "a static file": ("/static/css/style.css", 200),
    "a static file that is not": ("/static/css/none.css", 404),
    "health": ("/healthz", 200),
    "spans of nobody": ("/v1/traces", 401),
}


def protected(answer):
    return {name: answer.headers.get(name.decode()) for name in HEADERS if name != b"content-security-policy"}


EXPECTED = {name: value.decode() for name, value in HEADERS.items() if name != b"content-security-policy"}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_is_protected(live_server_daphne, what):
    path, status = ANSWERS[what]
    answer = httpx.get(live_server_daphne.url + path)
    assert answer.status_code == status
    assert protected(answer) == EXPECTED
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in answer.headers  # people come without TLS


@pytest.mark.timeout(180)
def test_an_answer_by_key_and_a_wrong_host_are_protected(live_server_daphne):
    _, plain = create_key("tests")
    url = live_server_daphne.url
    key = {"Authorization": f"Bearer {plain}"}
    wait_for(lambda: httpx.get(f"{url}/api/v1/tools", headers=key).status_code == 200, 20, "the key known")
    by_key = httpx.get(f"{url}/api/v1/tools", headers=key)
    wrong = httpx.get(f"{url}/login/", headers={"Host": "evil.example"})
    assert (by_key.status_code, wrong.status_code) == (200, 400)
    for answer in (by_key, wrong):
        assert protected(answer) == EXPECTED
        assert answer.headers["Content-Security-Policy"]


@pytest.mark.timeout(180)
def test_an_error_of_the_handler_itself_is_protected(live_server_daphne):
    """An address that is no UTF-8 never becomes a request of Django's."""
    with socket.create_connection(("127.0.0.1", live_server_daphne.port), timeout=10) as connection:
        connection.sendall(b"GET /%ff%fe?%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b"")).lower()
    assert answer.startswith(b"http/1.1 4")
    assert b"permissions-policy:" in answer and b"x-content-type-options: nosniff" in answer


def scope(*headers):
    return {"type": "http", "headers": list(headers)}


@pytest.mark.parametrize(
    ("https", "headers", "told"),
    [
        (True, [], True),
        (True, [(b"x-forwarded-proto", b"https")], True),
        (True, [(b"x-forwarded-proto", b"http")], False),
        (False, [(b"x-forwarded-proto", b"https")], False),
    ],
)
def test_tls_is_asked_for_only_where_people_have_it(https, headers, told):
    assert (HSTS.items() <= wanted(scope(*headers), https=https).items()) is told


@pytest.mark.parametrize(
    ("https", "public_url", "told"),
    [
        (True, "http://10.0.0.1:8000", True),
        (False, "https://salesboost.example", True),
        (False, "http://127.0.0.1:8000", False),
    ],
)
async def test_tls_is_known_by_the_settings_and_a_views_own_header_stays(settings, https, public_url, told):
    settings.HTTPS, settings.PUBLIC_URL = https, public_url
    sent = []

    async def application(scope, receive, send):
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"Referrer-Policy", b"no-referrer")]}
        )

    async def send(message):
        sent.append(message)

    await with_headers(application)(scope(), None, send)
    names = [name.lower() for name, _ in sent[0]["headers"]]
    assert names.count(b"referrer-policy") == 1
    assert (b"strict-transport-security" in names) is told
    assert len(names) == len(set(names))
