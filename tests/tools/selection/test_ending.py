"""What was decided last is written when its process ends, and no row holds up those behind it."""

import logging

import pytest

from tests.tools.selection.processes import run
from tools.selection.log import rows
from tools.selection.models import LoggedDecision

SCRIPT = """
import sys, django; django.setup()
from django.conf import settings
settings.TOOL_BANDIT_ENABLED, settings.TOOL_BANDIT_REDIS_KEY = True, sys.argv[1]
from tools import get_tool_selector
selector = get_tool_selector()
for _ in range(5):
    tool, decision_id = selector.select_tool(["a", "b"])
    assert selector.record_feedback(decision_id, True)
selector.select_tool(["a", "b"])
"""


def test_a_script_that_just_ends_loses_nothing(key, transactional_db):
    run(SCRIPT, [key])
    assert LoggedDecision.objects.filter(success=True).count() == 5
    assert LoggedDecision.objects.count() == 6


@pytest.fixture
def a_row_of_wrong(monkeypatch):
    """Postgres is sent a text that it cannot store for each decision between one of these members."""
    right = rows.row_of_log

    def row_of_log(decision):
        row = right(decision)
        if decision.member.startswith("wrong"):
            row.reason = {"wrong-nul": "\0", "wrong-half": "\ud800"}.get(decision.member, row.reason)
            row.series = (
                "x" if decision.member != "wrong-long" else "".join(map(chr, range(0x4E00, 0x4E00 + 9000)))
            )
        return row

    monkeypatch.setattr(rows, "row_of_log", row_of_log)


@pytest.mark.parametrize("wrong", ["wrong-nul", "wrong-half", "wrong-long"])
def test_a_row_that_cannot_be_written_is_left_out_and_said_once(selector, a_row_of_wrong, wrong, caplog):
    ids = [selector.select_tool([name])[1] for name in ("a", wrong, "b", "c")]
    with caplog.at_level(logging.ERROR):
        selector.record_feedback(ids[1], True)
        for each in ids[2:]:
            assert selector.record_feedback(each, True)
        selector.writer.drain()
        selector.writer.drain()
    assert set(LoggedDecision.objects.values_list("member", flat=True)) == {"a", "b", "c"}
    assert LoggedDecision.objects.filter(success=True).count() == 2
    assert not selector.writer.is_away
    said = [each.getMessage() for each in caplog.records if "left out" in each.getMessage()]
    assert len(said) == 1 and said[0].startswith("1 of choice's rows")
