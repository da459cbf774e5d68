import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_tests_run_on_a_real_postgres_with_pgvector():
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        assert cursor.fetchone()[0].startswith("18")
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
        assert cursor.fetchone() == (1,)


@pytest.mark.xdist_group("servers")
def test_tests_of_a_group_run_in_one_process(request):
    """pytest-xdist sends a group to one worker by the end of its tests' ids."""
    beside_others = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@servers") == beside_others
