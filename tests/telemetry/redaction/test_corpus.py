"""Every secret of the corpus goes, and every innocent stays as it was."""

import json

import pytest

from telemetry.redaction import redact_value
from tests.telemetry.redaction.innocents_corpus import INNOCENTS
from tests.telemetry.redaction.secrets_corpus import SECRETS


def as_text(value):
    return json.dumps(value, ensure_ascii=False, default=str)


def is_in(part, text):
    """Whether *part* is in *text*, as it is or as JSON writes it."""
    return part in text or json.dumps(part)[1:-1] in text


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: case.name)
def test_a_secret_goes_and_what_is_around_it_stays(case):
    left = as_text(redact_value(case.key, case.value))
    assert not [part for part in case.gone if is_in(part, left)], left
    assert not [part for part in case.stays if not is_in(part, left)], left


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: case.name)
def test_what_was_redacted_stays_so(case):
    once = redact_value(case.key, case.value)
    assert redact_value(case.key, once) == once


@pytest.mark.parametrize("case", INNOCENTS, ids=lambda case: case.name)
def test_an_innocent_stays_as_it_was(case):
    assert as_text(redact_value(case.key, case.value)) == as_text(case.value)


@pytest.mark.parametrize("cases", [SECRETS, INNOCENTS], ids=["secrets", "innocents"])
def test_the_corpus_is_large_and_names_each_of_its_cases(cases):
    names = [case.name for case in cases]
    assert len(names) >= 300
    assert not {name for name in names if names.count(name) > 1}


def test_every_secret_of_the_corpus_is_in_it():
    assert not [case.name for case in SECRETS if not all(is_in(part, as_text(case.value)) for part in case.gone)]
