"""What tests of SQL readers share: a login with the role, and a connection by it."""

import uuid
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from django.db import connection

from telemetry.readers import role


@pytest.fixture
def login(transactional_db):
    """A reader of this test's own: roles belong to the whole server."""
    name = f"reader_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        yield role.make_login(cursor, name)
        if name in role.logins(cursor):
            role.drop_login(cursor, name)


@pytest.fixture
def reader(login, settings):
    """A connection of that login, as Grafana would have."""
    parts = urlsplit(settings.DATABASE_URL)
    place = parts.netloc.rpartition("@")[2]
    user = f"{login.name}:{quote(login.password)}@"
    url = parts._replace(netloc=user + place, path=f"/{connection.settings_dict['NAME']}").geturl()
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as opened:
        yield opened
