import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_tests_run_on_a_real_postgres_with_pgvector():
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        assert cursor.fetchone()[0].startswith("18")
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
        assert cursor.fetchone() == (1,)
