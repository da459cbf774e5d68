"""Formats are those of RFC 3339: what ISO 8601 allows beside it is refused, and told."""

import pytest

from tools import tool_from_schema
from tools.errors import InvalidArguments

GOOD = {
    "date": ["2026-01-02", "2024-02-29"],
    "date-time": [
        *("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456Z", "2026-01-02t03:04:05z", "2026-01-02T03:04:05z"),
        *("2026-01-02T03:04:05+05:30", "2026-01-02T03:04:05-00:00", "2026-12-31T23:59:60Z"),
        *("2026-12-31T15:59:60-08:00", "2027-01-01T01:29:60+01:30"),
    ],
    "time": ["03:04:05Z", "03:04:05z", "03:04:05+00:59", "23:59:60Z", "23:59:60+00:00", "00:59:60+01:00"],
}
WRONG = {
    "date": [
        *("2026-W01-5", "2026-W01", "2026W015", "2026-002"),  # weeks, and days of a year
        *("20260102", "2026-0102", "202601-02", "26-01-02", "2026-1-2"),  # dashes that are not there
        *("2026-02-30", "2025-02-29", "2026-13-01", "2026-01-02T00:00:00Z", "٢٠٢٦-01-02"),
    ],
    "date-time": [
        *("2026-01-02T03:04:05", "2026-01-02T03:04Z", "2026-01-02"),  # no zone, no seconds, no time
        *("2026-01-02T03:04:05+00:60", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+0100"),
        *("2026-01-02T03:04:05+01", "2026-01-02T03:04:05 Z", "2026-01-02T24:00:00Z"),
        *("2026-12-31T22:59:60Z", "2026-12-31T23:58:60Z", "2026-12-31T23:59:60+01:00", "2026-12-31T23:59:61Z"),
        *("2026-W01-5T03:04:05Z", "20260102T030405Z"),
    ],
    "time": ["03:04:05", "03:04:05+00:60", "030405Z", "03:04Z", "22:59:60Z", "23:59:60+01:00", "3:04:05Z"],
}


def reads(name, value):
    parameters = {"type": "object", "properties": {"value": {"type": "string", "format": name}}}
    made = tool_from_schema(name="t", description="d", parameters=parameters, function=lambda **given: given)
    return made.schema.read({"value": value})


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_what_the_standard_has_is_read_as_it_is(name, value):
    assert reads(name, value) == ({"value": value}, [])


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_it_has_not_is_told_with_its_format(name, value):
    with pytest.raises(InvalidArguments, match=f"argument 'value': input should be in the format '{name}'"):
        reads(name, value)


@pytest.mark.parametrize("name", ["week", "iban", "colour"])
def test_a_format_that_the_standard_has_not_is_a_remark(name):
    assert reads(name, "2026-W01-5") == ({"value": "2026-W01-5"}, [])
