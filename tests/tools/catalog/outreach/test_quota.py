from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection

from tools.catalog.outreach import quota
from tools.catalog.outreach.models import DailyQuota

NUMBER, TODAY = "+442079460958", date(2026, 11, 21)


@pytest.mark.django_db
def test_a_number_gets_five_messages_a_day_and_five_more_the_next_day():
    assert [quota.take(NUMBER, TODAY) for _ in range(6)] == [4, 3, 2, 1, 0, None]
    assert quota.take(NUMBER, TODAY + timedelta(days=1)) == 4
    assert quota.take("+442079460959", TODAY) == 4


@pytest.mark.django_db
def test_a_message_given_back_can_be_taken_again_and_never_makes_more_than_five():
    for _ in range(5):
        quota.take(NUMBER, TODAY)
    quota.give_back(NUMBER, TODAY)
    assert (quota.left(NUMBER, TODAY), quota.take(NUMBER, TODAY), quota.take(NUMBER, TODAY)) == (1, 0, None)
    for _ in range(9):
        quota.give_back(NUMBER, TODAY)
    assert quota.left(NUMBER, TODAY) == 5


@pytest.mark.django_db(transaction=True)
def test_twenty_senders_at_once_take_exactly_five():
    together = Barrier(20)

    def take(_):
        together.wait(10)
        try:
            return quota.take(NUMBER, TODAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        taken = list(threads.map(take, range(20)))
    assert sorted(left for left in taken if left is not None) == [0, 1, 2, 3, 4]
    assert DailyQuota.objects.get().sent == 5
