"""Static files as `manage.py up` serves them: a hash in the name, kept for a year, compressed."""

import re

import httpx
import pytest

from dashboard.finders import FILE, FOLDER

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("kill")]

A_YEAR = "max-age=31536000, public, immutable"
PAGES = ("", "traces/", "login/", "admin/", "admin/telemetry/rule/", "api/v1/docs")


@pytest.fixture
def client(salesboost):
    """Somebody signed in to a running SalesBoost."""
    with httpx.Client(base_url=salesboost.url) as made:
        made.get("login/")
        stored = salesboost.credentials
        made.post(
            "login/",
            data={
                "username": stored["admin_user"],
                "password": stored["admin_password"],
                "csrfmiddlewaretoken": made.cookies["csrftoken"],
            },
        )
        yield made


def links(client, page):
    """The addresses of static files in *page*."""
    answer = client.get(page, follow_redirects=True)
    assert answer.status_code in (200, 404), page
    return set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text))


def received(client, address):
    """The answer to a browser, and its body as it came over the wire."""
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip, br"}) as answer:
        return answer, b"".join(answer.iter_raw())


def test_plotly_comes_compressed_once_a_year(client):
    (address,) = [link for link in links(client, "") if "plotly" in link]
    assert re.fullmatch(r"/static/vendor/plotly\.min\.[0-9a-f]{12}\.js", address)
    answer, raw = received(client, address)
    assert answer.headers["Cache-Control"] == A_YEAR
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    size = (FOLDER / FILE).stat().st_size
    assert len(raw) < 0.32 * size
    assert client.get(address).content == (FOLDER / FILE).read_bytes()


def test_so_do_all_files_of_all_pages(client):
    found = set().union(*(links(client, page) for page in PAGES))
    assert {name for name in ("style", "live", "unfold", "swagger") if any(name in link for link in found)} == {
        "style",
        "live",
        "unfold",
        "swagger",
    }
    for address in found:
        answer, _ = received(client, address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, A_YEAR), address


def test_what_style_sheets_name_has_a_hash_too(client):
    sheets = [link for link in set().union(*(links(client, page) for page in PAGES)) if link.endswith(".css")]
    named = set()
    for sheet in sheets:
        for name in re.findall(r"url\([\"']?([^\"')]+)", client.get(sheet).text):
            if not name.startswith(("data:", "#")):
                named.add(str(client.get(sheet).url.join(name)).partition("#")[0])
    assert named
    for address in named:
        assert received(client, address)[0].headers["Cache-Control"] == A_YEAR, address


def test_a_page_is_not_kept(client):
    assert "immutable" not in client.get("").headers.get("Cache-Control", "")
