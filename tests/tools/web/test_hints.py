"""What our own answers say of keys is whole: redaction takes no part of our words for a secret."""

import pytest


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/tools", {}),
        ("/api/v1/tools", {"Authorization": "Bearer sb_wrong"}),
        ("/api/v1/spans", {"Authorization": "Basic dXNlcjpwYXNz"}),
        ("/v1/traces", {"Authorization": "Bearer sb_wrong"}),
        ("/v1/traces", {}),
    ],
)
def test_who_has_no_key_is_told_how_to_send_one(db, client, path, headers):
    ask = client.post if path == "/v1/traces" else client.get
    answer = ask(path, content_type="application/json", headers=headers)
    assert answer.status_code == 401
    assert "Authorization" in answer.text and "Bearer" in answer.text
    assert "redacted" not in answer.text
