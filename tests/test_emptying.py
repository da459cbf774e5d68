"""What a test of transactions leaves behind is gone before the next."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.utils import timezone

from telemetry.models import Span
from telemetry.store.batches import write_spans
from tests.dashboard.error_calls import failure
from tests.emptying import KEPT, empty, instead_of_flush, kept_rows
from tools.models import Tool

pytestmark = pytest.mark.django_db(transaction=True)


def rows_of_all_tables():
    names = set(connection.introspection.table_names()) - set(KEPT)
    with connection.cursor() as cursor:
        counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in sorted(names))
        cursor.execute(counted)
        return {name: count for name, count in cursor.fetchall() if count}


def test_rows_that_refer_to_each_other_and_those_of_old_days_go():
    user = User.objects.create_user("ana")
    group = Group.objects.create(name="g")
    group.permissions.add(Permission.objects.first())
    user.groups.add(group)
    Tool.objects.create(name="crm")
    write_spans([failure(at=timezone.now() - timedelta(hours=26 * n)) for n in range(3)])
    assert len(rows_of_all_tables()) > 9
    empty()
    assert rows_of_all_tables() == {}


def test_many_rows_leave_no_room_behind():
    write_spans([failure() for _ in range(3_000)])
    empty()
    assert not Span.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'telemetry_span'::regclass"
        )
        assert cursor.fetchone() == (0,)


def test_what_the_migrations_left_is_there_again_for_the_next_test():
    kept = kept_rows()
    assert all(kept)
    Permission.objects.all().delete()
    User.objects.create_user("ana")
    instead_of_flush(kept)(None)
    assert kept_rows() == kept and rows_of_all_tables() == {}


def test_it_is_what_ends_these_tests():
    from django.test import TransactionTestCase

    assert TransactionTestCase._fixture_teardown.__module__ == "tests.emptying"
