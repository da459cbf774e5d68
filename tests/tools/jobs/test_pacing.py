"""How long a tool that refused is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BreakerOpen, InvalidArguments, ProviderError, RateLimited, ToolTimeout
from tools.jobs.pacing import PATIENCE_S, UNSAID_WAIT_S, Hold, after_refusal, is_refusal

SECONDS = st.floats(0, 2 * PATIENCE_S)


@pytest.mark.parametrize(("error", "refused"), [
    (RateLimited("later"), True),
    (BreakerOpen("resting"), True),
    (ProviderError("away"), False),
    (ToolTimeout("slow"), False),
    (InvalidArguments("wrong"), False),
])  # fmt: skip
def test_only_what_never_ran_and_may_pass_is_a_refusal(error, refused):
    assert is_refusal(error) is refused


def test_a_refusal_that_names_no_time_waits_a_little():
    assert after_refusal(None, 100.0, None) == Hold(100.0, 100.0 + UNSAID_WAIT_S)


def test_a_quota_of_the_month_is_not_waited_for():
    assert after_refusal(None, 0.0, 20 * 24 * 3600.0) is None


@given(waits=st.lists(SECONDS, min_size=1, max_size=20))
def test_a_tool_is_never_held_longer_than_patience_lasts(waits):
    now, hold = 0.0, None
    for wait_s in waits:
        hold = after_refusal(hold, now, wait_s)
        if hold is None:
            return
        assert hold.since == 0.0 and now <= hold.until <= PATIENCE_S
        now = hold.until


@given(first=st.floats(0, 1000), second=st.floats(0, 1000))
def test_side_by_side_refusals_wait_for_the_later_one(first, second):
    hold = after_refusal(after_refusal(None, 0.0, first), 0.0, second)
    assert hold == Hold(0.0, max(first, second))
