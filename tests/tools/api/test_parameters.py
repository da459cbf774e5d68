"""A parameter that an address does not read is refused, not ignored."""

from typing import Annotated

import pytest

from tests.salesboost.addresses import table
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope
from tools.web.parameters import IN_THE_HEADER, RepeatedParameter, strict

READ_BY_THEMSELVES = ("/api/v1/docs", "/api/v1/openapi.json", "/api/v1/", "/api/")


@pytest.fixture
def ask(db, client):
    key = KeyInfo("all", "sb_", frozenset(Scope), default_role="coach")
    with live.pinned(Snapshot(keys={digest("sb_all"): key})):
        yield lambda path, **query: client.get(path, query, headers={"Authorization": "Bearer sb_all"})


@pytest.mark.parametrize(
    ("path", "name", "value", "meant"),
    [
        ("/api/v1/spans", "status", "error", "did you mean q=status:error?"),
        ("/api/v1/traces", "limt", "5", "did you mean 'limit'?"),
        ("/api/v1/rollups", "resolution", "60", "did you mean 'resolution_s'?"),
        ("/api/v1/tools", "dialekt", "openai", "did you mean 'dialect'?"),
        ("/api/v1/dead-letters", "tools", "crm", "did you mean 'tool'?"),
        ("/api/v1/rollups", "group_by", "tool", "group with 'by'."),
        ("/api/v1/cache/top", "count", "5", "it takes 'limit'."),
        ("/api/v1/breakers", "tool", "crm_integration", "it takes none."),
        ("/api/v1/spans", "stauts", "error", "did you mean q=status:error?"),
        ("/api/v1/spans", "fields", "id", "it takes 'q', 'since', 'until', 'cursor', 'limit'."),
        ("/api/v1/spans", "page", "2", "read on with 'cursor', the next_cursor of the answer before."),
        ("/api/v1/traces", "offset", "50", "read on with 'cursor', the next_cursor of the answer before."),
        ("/api/v1/jobs", "Page", "2", "read on with 'after', the next of the answer before."),
        ("/api/v1/jobs", "cursor", "x", "read on with 'after', the next of the answer before."),
        ("/api/v1/spans", "per_page", "5", "say how many with 'limit'."),
        ("/api/v1/spans", "query", "status:error", "search with 'q'."),
        ("/api/v1/cache/top", "page", "2", "it takes 'limit'."),
        ("/api/v1/tools/crm_integration", "name", "x", "it takes 'dialect'."),
    ],
)
def test_what_may_be_meant_is_told(ask, path, name, value, meant):
    answer = ask(path, **{name: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert answer.json()["detail"] == f"There is no parameter {name!r}: {meant}"


@pytest.mark.parametrize("name", ["api_key", "token", "X-Api-Key", "access_token", "password", "key"])
@pytest.mark.parametrize("path", ["/api/v1/spans", "/api/v1/tools", "/api/v1/cache/top"])
def test_a_key_in_an_address_is_led_to_the_header_and_never_repeated(ask, caplog, path, name):
    answer = ask(path, **{name: "hunter2hunter2"})
    assert answer.status_code == 400
    said = f"There is no parameter {name!r}. {IN_THE_HEADER}"
    assert answer.json()["detail"] == said
    assert "hunter2" not in answer.text and "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v1/spans?limit=5&limit=6", "limit is given twice: give it once."),
        ("/api/v1/spans?limit=5&limit=5", "limit is given twice: give it once."),
        ("/api/v1/traces?q=a&q=b&q=c", "q is given 3 times: give it once."),
        ("/api/v1/jobs?state=running&state=paused", "state is given twice: give it once."),
        ("/api/v1/tools?dialect=mcp&dialect=openai", "dialect is given twice: give it once."),
    ],
)
def test_a_parameter_that_is_given_twice_is_told(ask, path, said):
    answer = ask(path)
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (
        400,
        "repeated_parameter",
        said,
    )


async def test_a_parameter_that_takes_several_may_be_given_twice(rf):
    async def view(request, tag: Annotated[list[str], "many"], limit: int = 5):
        return "read"

    given = {"tag": ["a", "b"]}  # as ninja reads it
    assert await strict(view)(rf.get("/?tag=a&tag=b&limit=5"), **given) == "read"
    with pytest.raises(RepeatedParameter, match="limit is given twice"):
        await strict(view)(rf.get("/?tag=a&tag=b&limit=5&limit=6"), **given)


def test_no_address_of_the_api_ignores_a_parameter(ask):
    rows = [row for row in table() if row.method == "GET" and row.address.startswith("/api/v1/")]
    wrong = [row.path for row in rows if ask(row.path, zzz="1").status_code != 400]
    assert wrong == [path for path in READ_BY_THEMSELVES if path.startswith("/api/v1/d")] + [
        path for path in READ_BY_THEMSELVES if path.endswith(("json", "v1/"))
    ]


def test_what_an_address_reads_is_no_mistake(ask):
    assert ask("/api/v1/spans", q="status:error", since="2h", limit=3).status_code == 200
    assert ask("/api/v1/tools", dialect="openai").status_code == 200


def test_deleting_with_a_parameter_deletes_nothing(db, client):
    key = KeyInfo("all", "sb_", frozenset(Scope), default_role="coach")
    with live.pinned(Snapshot(keys={digest("sb_all"): key})):
        answer = client.delete("/api/v1/cache?tool=crm_integration", headers={"Authorization": "Bearer sb_all"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


@pytest.mark.parametrize("path", ["execute?dialect=nix", "execute_parallel?max_concurent=1", "stream?limit=5"])
def test_what_runs_a_tool_reads_no_parameter_and_runs_none(db, client, path):
    key = KeyInfo("all", "sb_", frozenset(Scope), default_role="coach")
    body = {"name": "price_calculator", "arguments": {}, "calls": []}
    with live.pinned(Snapshot(keys={digest("sb_all"): key})):
        headers = {"Authorization": "Bearer sb_all"}
        answer = client.post(f"/api/v1/tools/{path}", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
