import time

import pytest

from tools.catalog.compliance.patterns import BadPattern, TooSlow, check_speed, compile_pattern, find, holds


def test_broken_pattern_is_refused_with_its_position():
    with pytest.raises(BadPattern, match=r"cannot be read at character 10: missing \).* risk\(free▶"):
        compile_pattern("risk(free")


def test_catastrophic_pattern_is_stopped_in_time():
    started = time.process_time()
    with pytest.raises(TooSlow):
        holds(r"(a|aa)+$", "a" * 5000 + "!", time_limit_s=0.05)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("pattern", [r"(a|aa)+$", r"(a+)+$", r"\s+$"])
def test_slow_pattern_is_refused_before_it_is_saved(pattern):
    with pytest.raises(BadPattern, match="bound its repetitions"):
        check_speed(pattern, "anything")


def test_case_does_not_matter_and_empty_matches_do_not_count():
    assert [match.group() for match in find("risk|x*", "No RISK")] == ["RISK"]
