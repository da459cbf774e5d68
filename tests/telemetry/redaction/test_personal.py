"""Names and addresses: off unless REDACT names them."""

import os
import subprocess
import sys

import pytest

from salesboost.env import read_choices
from telemetry import redaction
from telemetry.redaction import DETECTORS, USUAL, Redactor, redact
from telemetry.redaction.redactor import Detector

NAMES, ADDRESSES = Redactor(["names"]), Redactor(["addresses"])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ask Jane Doe about it", "Ask [name] about it"),
        ("sold by Max Mustermann and Priya Sharma", "sold by [name] and [name]"),
        ('{"contact": "Wei Zhang", "seats": 12}', '{"contact": "[name]", "seats": 12}'),
        ("Dear Dr. Ludwig van Beethoven, thank you", "Dear [name], thank you"),
    ],
)
def test_names_of_people_go(text, left):
    assert NAMES.redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "The Price List of Acme Corporation",
        "We fly to New York and to Berlin",
        "the customer asked for a proposal",
        '{"stage": "Proposal Sent", "tool": "crm_integration"}',
        "HTTP Error, Bad Request, Internal Server Error",
    ],
)
def test_other_words_in_capitals_stay(text):
    assert NAMES.redact(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ship to 1600 Amphitheatre Parkway, Mountain View, CA 94043 soon", "Ship to [address] soon"),
        ("lives at 221B Baker Street, London NW1 6XE.", "lives at [address]."),
        ('{"to": "350 Fifth Avenue, New York, NY 10118", "n": 3}', '{"to": "[address]", "n": 3}'),
    ],
)
def test_postal_addresses_go(text, left):
    assert ADDRESSES.redact(text) == left


@pytest.mark.parametrize(
    "text", ["250 seats in Berlin for 1200 EUR", "version 12 of page 3", "model AB1 2CD, 12 pieces", "10 Downing"]
)
def test_what_is_no_address_stays(text):
    assert ADDRESSES.redact(text) == text


def test_they_are_off_unless_somebody_switches_them_on(monkeypatch):
    text = "Jane Doe, 350 Fifth Avenue, New York, NY 10118"
    assert redact(text) == text
    assert set(DETECTORS) - set(USUAL) == {"names", "addresses"}
    assert read_choices("REDACT", DETECTORS, usual=USUAL) == [*USUAL]
    monkeypatch.setenv("REDACT", "secrets,names")
    assert read_choices("REDACT", DETECTORS, usual=USUAL) == ["secrets", "names"]


def test_who_lacks_the_package_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(redaction, "DETECTORS", {"names": Detector(needs="no_such_module_here")})
    with pytest.raises(ValueError, match=r"'names' needs a package: run `pip install 'salesboost\[personal\]'`"):
        Redactor(["names"])


def test_nothing_is_loaded_for_those_who_do_not_want_them():
    loaded = "{'pyap', 'probablepeople'} & {*sys.modules}"
    code = f"import sys, telemetry.redaction as r; r.redact('Jane Doe'); print({loaded})"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert told.stdout.strip() == "set()"
