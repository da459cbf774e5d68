"""When a process leases, how much, and when it lets go."""

import pytest

from tools.definition.policy import Rate
from tools.state.buckets.bucket import Bucket
from tools.state.buckets.lease import LEASE_S, TRUSTED_S, Lease, most_of

FAST = Bucket("rate", "crm", Rate(60_000, 60.0))


def used(lease, per_s, seconds, now):
    """Use *lease* evenly for a while, looking at it every 10 ms; when it is then, and the last wish."""
    wish = None
    for _ in range(round(seconds * 100)):
        now += 0.01
        lease.uses += round(per_s / 100)
        lease.tokens = max(0, lease.tokens - round(per_s / 100))
        wish = lease.wish(now)
        if wish:
            lease.receive(wish.want, now, now)
    return now, wish


@pytest.fixture
def lease():
    """One that is kept filled."""
    made = Lease(FAST, 0.0)
    made.uses = 250
    made.fill(0.25)
    return made


@pytest.mark.parametrize(
    ("rate", "most"), [("10/min", 0), ("200/s", 0), ("300/s", 6), ("1000/s burst 100", 0), ("60000/min", 1200)]
)
def test_a_lease_is_a_small_share_of_its_bucket(rate, most):
    assert most_of(Bucket("rate", "crm", Rate.parse(rate))) == most


@pytest.mark.parametrize(("uses", "busy"), [(24, False), (25, True)])
def test_a_bucket_used_a_hundred_times_a_second_is_busy(uses, busy):
    lease = Lease(FAST, 0.0)
    lease.uses = uses
    assert lease.busy(0.25) is busy


def test_uses_of_long_ago_do_not_make_it_busy():
    lease = Lease(FAST, 0.0)
    lease.uses = 99
    assert not lease.busy(0.3)


def test_a_hand_holds_what_fifty_milliseconds_take(lease):
    used(lease, 4000, 1.0, 0.25)
    assert lease.tokens == pytest.approx(200, rel=0.1)


def test_a_process_that_looks_seldom_holds_more(lease):
    now, _ = used(lease, 4000, 1.0, 0.25)
    lease.uses = 200
    lease.receive(lease.wish(now + 0.05).want, now, now)
    assert lease.tokens == pytest.approx(600, rel=0.1)


def test_a_hand_that_was_found_empty_asks_for_more(lease):
    used(lease, 1000, 0.5, 0.25)
    before, lease.dry = lease.tokens, True
    used(lease, 1000, 0.01, 0.75)
    assert lease.tokens > 1.7 * before


def test_an_idle_hand_gives_all_back_and_then_says_nothing(lease):
    now, _ = used(lease, 1000, 0.5, 0.25)
    now, wish = used(lease, 0, 0.5, now)
    assert wish is None
    assert lease.tokens == 0


def test_tokens_are_not_used_after_their_time(lease):
    lease.receive(5, 1.0, 1.01)
    assert lease.has(1.0 + TRUSTED_S - 0.01)
    assert not lease.has(1.0 + TRUSTED_S)
    assert TRUSTED_S < LEASE_S
    lease.receive(3, 2.0, 2.0)
    assert lease.tokens == 3
