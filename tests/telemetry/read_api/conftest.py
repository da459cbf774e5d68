"""What tests of the read API share: keys that the process knows, and a client that sends one."""

import pytest
from django.test import Client

from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope

KEYS = {
    name: KeyInfo(name, "sb_", frozenset(scopes), frozenset(), None, "")
    for name, scopes in {
        "sb_read": {Scope.READ, Scope.PAYLOADS},
        "sb_bare": {Scope.READ},
        "sb_execute": {Scope.EXECUTE},
        "sb_ingest": {Scope.INGEST},
    }.items()
}


class Api:
    """Asks with a key, that of a reader unless told."""

    def __init__(self):
        self.client = Client(raise_request_exception=False)

    def __call__(self, path, key="sb_read", **query):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.client.get(f"/api/v1/{path}", query, headers=headers)

    def json(self, path, **query):
        answer = self(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def problem(self, path, **query):
        answer = self(path, **query)
        assert answer["Content-Type"] == "application/problem+json", answer.content
        return answer.json()


@pytest.fixture
def api(db):
    with live.pinned(Snapshot(keys={digest(plain): key for plain, key in KEYS.items()})):
        yield Api()
