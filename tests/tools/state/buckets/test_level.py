"""Leases of one bucket, in the cases that took thought."""

import pytest

from tools.definition.policy import Rate
from tools.state.buckets.bucket import Bucket
from tools.state.buckets.lease import LEASE_S, TRUSTED_S, Wish
from tools.state.buckets.level import Level

RATE = Rate(20, 1.0, 100)
BUCKET = Bucket("rate", "crm", RATE)


@pytest.fixture
def level():
    return Level(RATE)


def wish(in_hand=0, back=0, want=0):
    return Wish(BUCKET, in_hand, back, want)


def left(level, now):
    """How many calls the bucket lets through at once."""
    count = 0
    while not level.wait_s(now):
        level.take(now)
        count += 1
    return count


def test_what_is_leased_is_gone_from_the_bucket(level):
    assert level.lease("p", wish(want=8), 0.0) == 8
    assert left(level, 0.0) == 92


def test_tokens_in_hand_keep_their_place_in_the_bucket(level):
    """Else the bucket would be full again while they are held: 108 calls at once."""
    level.lease("p", wish(want=8), 0.0)
    assert left(level, 0.44) == 92


def test_tokens_that_were_used_come_back_from_when_that_is_told(level):
    level.lease("p", wish(want=8), 0.0)
    level.lease("p", wish(in_hand=0), 0.4)
    assert left(level, 0.5) == 94


def test_tokens_given_back_are_there_for_others(level):
    level.lease("p", wish(want=8), 0.0)
    level.lease("p", wish(in_hand=3, back=5), 0.001)
    assert left(level, 0.001) == 97


def test_a_dead_process_may_have_used_its_tokens_at_the_last_moment(level):
    level.lease("p", wish(want=8), 0.0)
    assert TRUSTED_S < LEASE_S
    assert left(level, LEASE_S + 0.051) == 93


def test_the_bucket_of_a_dead_process_fills_up_again(level):
    level.lease("p", wish(want=8), 0.0)
    assert left(level, LEASE_S + 8 * RATE.token_s) == 100


def test_tokens_of_a_lease_that_ended_cannot_be_given_back(level):
    level.lease("p", wish(want=8), 0.0)
    assert left(level, 0.0) == 92
    level.lease("p", wish(back=8), LEASE_S)
    assert left(level, LEASE_S) <= 10


def test_all_processes_together_hold_a_fifth_at_most(level):
    assert [level.lease(name, wish(want=8), 0.0) for name in "pqr"] == [8, 8, 4]


def test_an_empty_bucket_lends_nothing(level):
    left(level, 0.0)
    assert level.lease("p", wish(want=8), 0.0) == 0
