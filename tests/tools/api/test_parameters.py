"""A parameter that an address does not read is refused, not ignored."""

import pytest

from tests.salesboost.addresses import table
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope

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
        ("/api/v1/cache/top", "count", "5", "it takes 'limit'."),
        ("/api/v1/breakers", "tool", "crm_integration", "it takes none."),
        ("/api/v1/tools/crm_integration", "name", "x", "it takes 'dialect'."),
    ],
)
def test_what_may_be_meant_is_told(ask, path, name, value, meant):
    answer = ask(path, **{name: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert answer.json()["detail"] == f"There is no parameter {name!r}: {meant}"


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
