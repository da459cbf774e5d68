"""What this process knows of the price table."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from telemetry.cost.book import LOOK_EVERY_S, LiveBook
from telemetry.cost.pricing import Usage
from tests.telemetry.builders import NOON
from tests.telemetry.cost.builders import enter

pytestmark = pytest.mark.django_db


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def live(clock):
    return LiveBook(clock)


def cost(live):
    return live.current().cost("openai", "gpt-4o", NOON, Usage(1_000_000))


@contextmanager
def postgres_away():
    def refuse(*arguments):
        raise OperationalError("away")

    with connection.execute_wrapper(refuse):
        yield


def test_asking_again_within_a_second_takes_no_query(live, django_assert_num_queries):
    live.current()
    with django_assert_num_queries(0):
        live.current()


def test_a_table_that_did_not_change_is_not_read_again(live, clock):
    enter("2")
    live.current()
    clock.now += LOOK_EVERY_S
    with CaptureQueriesContext(connection) as queries:
        live.current()
    assert len(queries) == 1


def test_an_edit_acts_after_a_second(live, clock):
    row = enter("2")
    assert cost(live) == 2
    row.input_usd = Decimal(3)
    row.save()
    clock.now += LOOK_EVERY_S
    assert cost(live) == 3


def test_a_deleted_price_is_gone_after_a_second(live, clock):
    row = enter("2")
    assert cost(live) == 2
    row.delete()
    clock.now += LOOK_EVERY_S
    assert cost(live) is None


def test_while_postgres_is_away_the_prices_of_before_hold(live, clock):
    enter("2")
    assert cost(live) == 2
    clock.now += LOOK_EVERY_S
    with postgres_away():
        assert cost(live) == 2


def test_a_process_that_never_read_the_table_says_so(live):
    with postgres_away(), pytest.raises(OperationalError):
        live.current()
