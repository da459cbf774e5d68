"""A program's request takes the short way, a browser's the long one, and neither loses what protects it."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import AsyncClient
from django.utils.deprecation import MiddlewareMixin

from tools.decisions import live
from tools.decisions.keys import create_key

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"tool": "price_calculator", "payload": {}}


@pytest.fixture
async def bearer():
    _, plain = await sync_to_async(create_key)("tests")
    await sync_to_async(live.refresh)()
    return {"Authorization": f"Bearer {plain}"}


@pytest.fixture
def hops(monkeypatch):
    """The middlewares of Django's that a request went through."""
    passed = []
    through = MiddlewareMixin.__acall__

    async def noted(self, request):
        passed.append(type(self).__name__)
        return await through(self, request)

    monkeypatch.setattr(MiddlewareMixin, "__acall__", noted)
    return passed


async def test_a_request_with_a_key_passes_the_browser_middlewares_by(bearer, hops):
    answer = await AsyncClient().get("/api/v1/tools", headers=bearer)
    assert answer.status_code == 200
    assert hops == []
    assert int(answer.headers["Content-Length"]) == len(answer.content)


async def test_a_page_goes_through_all_of_them_even_with_a_key(bearer, hops):
    answer = await AsyncClient().get("/", headers=bearer)
    assert answer.status_code == 302  # to the login
    assert {"Security", "Sessions", "Csrf", "Authentication", "FrameOptions"} <= set(hops)
    assert answer.headers["X-Frame-Options"] == "DENY"


async def test_a_wrong_key_gets_no_further():
    answer = await AsyncClient().get("/api/v1/tools", headers={"Authorization": "Bearer sb_wrong"})
    assert answer.status_code == 401


async def test_a_login_still_needs_its_csrf_token():
    client = AsyncClient(enforce_csrf_checks=True)
    await client.aforce_login(await User.objects.acreate(username="jane", is_superuser=True))
    answer = await client.post("/api/v1/tools/execute", BODY, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


async def test_a_form_of_a_page_still_needs_its_csrf_token():
    client = AsyncClient(enforce_csrf_checks=True)
    answer = await client.post("/login/", {"username": "jane", "password": "x"})
    assert answer.status_code == 403


async def test_a_static_file_is_served():
    answer = await AsyncClient().get("/static/css/style.css")
    assert answer.status_code == 200
    assert b"--" in b"".join([chunk async for chunk in answer])


async def test_an_unknown_address_is_told_in_a_sentence():
    answer = await AsyncClient().get("/nowhere/")
    assert answer.status_code == 404
    assert "may have been moved" in answer.text and "Resolver404" not in answer.text
