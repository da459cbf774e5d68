"""Which tools are ours is asked only where it decides: a worker that asks loads them all."""

import pytest

from telemetry.alerts import tool_cardinality
from telemetry.alerts.models import Rule
from telemetry.alerts.tool_cardinality import PLACES, chosen


class Asked(Exception):
    pass


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    def asked():
        raise Asked

    monkeypatch.setattr(tool_cardinality, "registered", asked)


def test_where_there_is_room_for_all_nobody_asks():
    called = {"": {"ours": []}, "key": {f"tool{number}": [] for number in range(PLACES - 1)}}
    assert chosen(Rule(), called, {"troubled"}, lambda tools: {}) == {"ours", *called["key"]}


def test_where_there_is_not_it_is_asked():
    with pytest.raises(Asked):
        chosen(Rule(), {"key": {f"tool{number}": [] for number in range(PLACES)}}, {"troubled"}, lambda tools: {})
