"""Prompts over REST: what there is, what labels point at, what versions say, and who may see it."""

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from tests.tools.llm.prompt_rows import a_prompt
from tools.api.prompts import Prompts, WholePrompt

pytestmark = pytest.mark.django_db(transaction=True)
stored = sync_to_async(a_prompt)


async def got(api, path):
    response = await api.get(f"/api/v1/{path}")
    return response.status_code, response.json()


async def test_each_prompt_is_listed_with_its_labels(api):
    await stored("greeting", production=1, staging=2)
    await stored("waving", versions=0)
    status, document = await got(api, "prompts")
    assert status == 200 and Prompts.model_validate(document).model_dump() == document
    assert document["prompts"] == [
        {
            "name": "greeting",
            "purpose": "Answers a customer.",
            "labels": [{"name": "production", "version": 1}, {"name": "staging", "version": 2}],
        },
        {
            "name": "waving",
            "purpose": "Answers a customer.",
            "labels": [{"name": "production", "version": None}, {"name": "staging", "version": None}],
        },
    ]


async def test_a_prompt_is_told_whole(api):
    await stored(production=1)
    status, document = await got(api, "prompts/greeting")
    assert status == 200 and WholePrompt.model_validate(document).model_dump() == document
    newest, first = document["versions"]
    assert (newest["number"], first["number"], document["next"]) == (2, 1, None)
    assert (newest["note"], newest["author"], newest["created_at"][:2]) == ("tried", "ann", "20")
    assert [(one["name"], one["required"], one["may_be_cut"]) for one in newest["variables"]] == [
        ("customer", True, False),
        ("notes", False, True),
    ]
    assert newest["variants"] == [
        {"family": "detailed", "rung": "detailed", "text": "Number 2: {{customer}}, {{notes}}"},
        {"family": "brief", "rung": "simple", "text": "Answer {{customer}}. Known: {{notes}}"},
    ]


async def test_older_versions_are_read_on(api):
    await stored(versions=5)
    numbers, path = [], "prompts/greeting?limit=2"
    while path:
        _, document = await got(api, path)
        numbers += [version["number"] for version in document["versions"]]
        path = document["next"] and f"prompts/greeting?limit=2&below={document['next']}"
    assert numbers == [5, 4, 3, 2, 1]


async def test_one_that_there_is_not_is_said_so(api):
    status, problem = await got(api, "prompts/greting")
    assert (status, problem["code"]) == (404, "unknown_prompt")
    assert problem["detail"].endswith("GET /api/v1/prompts lists those that there are.")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "below=0", "below=x", "page=2"])
async def test_what_cannot_be_read_is_refused(api, query):
    await stored()
    status, _ = await got(api, f"prompts/greeting?{query}")
    assert status == 400


async def test_keys_and_people_see_them_who_may(api_as, person):
    await stored()
    for key, status in (("sb_execute", 200), ("sb_reader", 200), ("", 401)):
        assert (await got(api_as(key), "prompts"))[0] == status
    for group, status in (("operator", 200), ("viewer", 403)):
        client = AsyncClient()
        await client.aforce_login(await sync_to_async(person)(group, group))
        for path in ("prompts", "prompts/greeting"):
            assert (await client.get(f"/api/v1/{path}")).status_code == status
