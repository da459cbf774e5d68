import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.redaction import Redactor, names_secret, redact, redact_value
from telemetry.redaction.cards import luhn_valid

GONE = "[redacted]"


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "hunter2"}',
        '{"user": {"api_key": "hunter2"}}',
        "{'Api-Key': 'hunter2', 'a': 1}",
        '{"q": "{\\"password\\": \\"hunter2\\", \\"b\\": 1}"}',
        '{"access_token": "hun\\"hunter2"}',
        '{"secret": {"a": {"b": "x"}, "c": "hunter2"}}',
        '{"client_secret": ["hunter2"]}',
        '{"password": "hunter2 and then it was cut o',
        "Authorization: Basic hunter2hunter2",
        "curl -H 'Authorization: Bearer hunter2hunter2hunter2'",
        "postgres://jane:hunter2@db/sales",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_taken_out(text):
    assert "hunter2" not in redact(text)
    assert GONE in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "sk-abcdefghijklmnopqrstuvwx",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
    ],
)
def test_the_shape_of_a_key_or_card_is_known(text):
    assert redact(f"see {text} here") == f"see {GONE} here"


@pytest.mark.parametrize(
    "text",
    [
        '{"input_tokens": 12, "max_tokens": 100, "token_count": 3}',
        "call 12025550 or ask for order 20240101123456",
        '{"at": "2026-11-21T13:07:49.123456+00:00", "took": "0.0123 s", "version": "1.106.2-3"}',
        "10.0.0.1:8000 and 192.168.100.200",
        "00f067aa0ba902b7 4bf92f3577b34da6a3ce929d0e0e4736",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "a@b, @here, user@localhost, git@ and 5 @ 3.20",
        '{"total": 1234567890, "ids": ["CUST001", "0201-2345"]}',
        '{"order": "4111111111111112"}',
        '{"at": 1800000000123456789}',
        "the secret of good coffee",
        "a basic subscription for the bearer of this card",
        "https://example.org/a:b@c",
        '{"note": "forgot my password"}',
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "address",
    ["jane.doe@acme.com", "j@x.io", "o'hara+crm@mail.acme.co.uk", "jörg@müller.de", "JANE_DOE-2@ACME-CORP.ORG"],
)
@pytest.mark.parametrize("around", ["{}", '{{"email": "{}"}}', "mail {}, please", "<{}>", "mailto:{}?subject=x"])
def test_an_email_address_is_taken_out(address, around):
    assert redact(around.format(address)) == around.format("[email]")


@pytest.mark.parametrize(
    "number",
    [
        *("+14155552671", "+1 415 555 2671", "+44 20 7946 0958", "+49 (0)30 901820", "0049 30 901820"),
        *("(415) 555-2671", "415-555-2671", "1-415-555-2671", "020 7946 0958", "030/901820", "030 9018 20 11"),
    ],
)
@pytest.mark.parametrize("around", ["{}", '{{"to": "{}", "a": 1}}', "call {}.", "call {}, or not"])
def test_a_phone_number_is_taken_out(number, around):
    assert redact(around.format(number)) == around.format("[phone]")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"phone_number": "4155552671"}', '{"phone_number": "[phone]"}'),
        ('{"mobile": 4155552671, "n": 1}', '{"mobile": "[phone]", "n": 1}'),
        ('{"q": "{\\"phone\\": \\"4155552671\\"}"}', '{"q": "{\\"phone\\": \\"[phone]\\"}"}'),
    ],
)
def test_plain_digits_are_a_phone_number_where_their_key_says_so(text, left):
    assert redact(text) == left


def test_detectors_can_be_chosen():
    text = "jane@acme.com, +14155552671, 4111 1111 1111 1111, sk-abcdefghijklmnopqrstuvwx"
    assert Redactor(["cards"]).redact(text) == text.replace("4111 1111 1111 1111", GONE)
    assert Redactor(["emails", "phones"]).redact(text).startswith("[email], [phone], 4111")
    assert Redactor([]).redact_value("password", "hunter2") == "hunter2"


def test_a_detector_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no detector 'tax_ids': choose from secrets, ibans, cards, ssns"):
        Redactor(["cards", "tax_ids"])


@given(st.text(max_size=300))
def test_to_redact_twice_changes_nothing_more(text):
    assert redact(redact(text)) == redact(text)


def test_the_rest_of_the_text_stays_as_it_was():
    text = '{"a": 1, "password": "x", "b": {"token": null, "c": [1, 2]}}'
    assert json.loads(redact(text)) == {"a": 1, "password": GONE, "b": {"token": None, "c": [1, 2]}}


def test_values_are_redacted_at_every_depth():
    value = {"name": "Jane", "logins": [{"password": "x", "at": 3}], "pin": 1234}
    assert redact_value("user", value) == {"name": "Jane", "logins": [{"password": GONE, "at": 3}], "pin": 1234}


@pytest.mark.parametrize("key", ["http.request.header.authorization", "db.PASSWORD", "x-api-key", "pin"])
def test_names_of_secrets_are_known(key):
    assert names_secret(key)


@given(st.integers(10**14, 10**15 - 1))
def test_one_digit_of_ten_makes_a_number_valid(number):
    assert sum(luhn_valid(f"{number}{digit}") for digit in range(10)) == 1
