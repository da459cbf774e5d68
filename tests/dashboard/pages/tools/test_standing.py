"""How tools stand, in words."""

from datetime import UTC, datetime

import pytest

from dashboard.pages.tools import standing
from tools.health.probed import Probed

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def one(status="healthy", score=100, reasons=(), **probe):
    return {
        "status": status,
        "breaker": "half_open",
        "calls": 20,
        "succeeded": 17,
        "broken": 2,
        "returned_failures": 1,
        "score": score,
        "reasons": [{"points": points, "reason": words} for points, words in reasons],
        "probe": {"kind": "probe", "ok": True, "slow": False, "age_s": 12.0, "took_ms": 3.4, "error": "", **probe},
    }


def row(**changes):
    [found] = standing.rows({"tools": {"crm": one(**changes)}})
    return found


def test_a_row_says_score_reasons_probe_and_age_with_their_units():
    found = row(status="degraded", score=85, reasons=[(15, "Its probe took 1,800 ms.")], slow=True, took_ms=1_800)
    assert (found.state.word, found.state.tone, found.score.word) == ("degraded", "warn", "85 of 100")
    assert (found.reasons, found.age) == (["−15: Its probe took 1,800 ms."], "12\u202fs ago")
    assert (found.probe.word, found.how) == ("slow", "a probe of its own, 1,800 ms")
    assert (found.calls, found.failed, found.breaker) == (20, 3, "half open")


@pytest.mark.parametrize(
    ("probe", "word"),
    [
        ({}, "passed"),
        ({"ok": False, "error": "away"}, "failed"),
        ({"ok": None, "age_s": None, "took_ms": None}, "not yet"),
        ({"kind": "none", "ok": None, "age_s": None, "took_ms": None}, "no probe"),
    ],
)
def test_a_probe_is_a_word(probe, word):
    assert row(**probe).probe.word == word


def test_without_a_probe_it_says_what_is_missing():
    assert "neither a probe nor a sample" in row(kind="none", ok=None, age_s=None, took_ms=None).how


def test_the_worst_come_first_and_the_first_of_them_is_the_verdict():
    rows = standing.rows(
        {
            "tools": {
                "b": one("unhealthy", 40, [(60, "Its probe failed: It is away.")]),
                "c": one(),
                "a": one("degraded", 90, [(10, "Some broke.")]),
                "d": one("unhealthy", 20, [(80, "It rests, as it failed.")]),
            }
        }
    )
    assert [each.name for each in rows] == ["b", "d", "a", "c"]
    said = standing.verdict(rows)
    assert (said["tone"], said["text"]) == ("bad", "b and 1 more of 4 tools are unhealthy")
    assert said["detail"] == "Its probe failed: It is away."
    assert standing.verdict(rows[2:])["text"] == "a of 2 tools is degraded"
    assert standing.verdict(rows[3:])["text"] == "1 tool works"
    assert standing.verdict([row(status="unknown", score=None)])["tone"] == "unsure"
    assert standing.verdict(None)["tag"] == "unknown"


@pytest.mark.parametrize(
    ("sung", "word"),
    [
        (None, "not yet"),
        (Probed(NOW.timestamp() - 30, 5), "passed"),
        (Probed(NOW.timestamp() - 30, 1_500, slow=True), "slow"),
        (Probed(NOW.timestamp() - 30, 5, ok=False, error="nothing runs"), "failed"),
        (Probed(NOW.timestamp() - 241, 5), "silent"),
    ],
)
def test_the_canary_is_a_word_and_a_sentence(sung, word):
    state, sentence = standing.canary(sung, NOW)
    assert state.word == word
    assert ("nothing runs" in sentence) is (word == "failed")
