"""The lines of people's notes, sent to a running SalesBoost."""

import httpx
import pytest

from tests.running import eventually
from tools.catalog.outreach.loopback_account import LOOPBACK_NOTE

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("kill")]
LINES = [
    {"tool": "crm_integration", "payload": {"action": "list", "limit": 5}},
    {"tool": "crm_integration", "payload": {"action": "read", "customer_id": "CUST001"}, "caller_role": "coach"},
    {"tool": "sms_outreach", "payload": {"phone_number": "+15550001000", "message": "Test"}},
    {"tool": "knowledge_retriever", "payload": {"query": "product features", "top_k": 5}},
    {"tool": "competitor_analysis", "payload": {}},
    *(
        {"tool": "competitor_analysis", "payload": {"competitor_name": f"Competitor{letter}"}}
        for letter in ("A", "B", "C")
    ),
]
PARALLEL = [
    {"name": "knowledge_retriever", "payload": {"query": "A"}},
    {"name": "crm_integration", "payload": {"action": "list"}},
    {"name": "competitor_analysis", "payload": {}},
]


@pytest.fixture
def client(salesboost):
    with httpx.Client(base_url=salesboost.url, headers=salesboost.headers, timeout=20) as made:
        yield made


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line['tool']} {line['payload']}")
def test_a_call_has_an_answer(client, line):
    answer = client.post("/api/v1/tools/execute", json=line)
    assert answer.status_code == 200, answer.text


def test_a_text_message_is_taken_and_says_that_it_leaves_nobody(client, salesboost):
    sent = client.post("/api/v1/tools/execute", json=LINES[2]).json()["result"]
    assert (sent["state"], sent["note"]) == ("accepted", LOOPBACK_NOTE)
    assert LOOPBACK_NOTE in salesboost.said


def test_parallel_calls_may_be_named(client):
    both = client.post("/api/v1/tools/execute_parallel", json={"calls": PARALLEL}).json()["results"]
    assert [one["tool"] for one in both] == [line["name"] for line in PARALLEL]


def test_what_is_read_most_says_what_was_asked(client):
    # What nobody asked before: after a test that killed Valkey the server has the others' answers in its memory.
    payload = {"competitor_name": "CompetitorA", "aspects": ["pricing", "talking_points"]}
    for _ in range(3):
        client.post("/api/v1/tools/execute", json={"tool": "competitor_analysis", "payload": payload})

    def asked():
        return [entry["asked"] for entry in client.get("/api/v1/cache/top?limit=50").json()["entries"]]

    # Reads are counted in the background.
    said = '{"aspects":["pricing","talking_points"],"competitor_name":"CompetitorA"}'
    eventually(lambda: said in asked(), 10, "what was asked")


def test_a_competitor_that_nobody_knows_has_none(client):
    unknown = client.post("/api/v1/tools/execute", json=LINES[-1] | {"payload": {"competitor_name": "Globex"}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "not_found")
