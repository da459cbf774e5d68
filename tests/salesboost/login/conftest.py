"""People with passwords, and browsers at addresses of their own."""

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client

RIGHT = "correct horse battery"


@pytest.fixture(scope="session")
def hashed():
    """Hashing is slow on purpose: once for all."""
    return make_password(RIGHT)


@pytest.fixture
def people(db, hashed):
    """Two accounts, of which one may enter the admin."""
    anna = User.objects.create(username="anna", password=hashed, is_staff=True, is_superuser=True)
    return anna, User.objects.create(username="ben", password=hashed)


@pytest.fixture
def guess():
    """``guess(name, password)``: a try at a log-in page from an address, in a new browser."""

    def tried(name, password="wrong", address="203.0.113.7", page="/login/", **headers):
        browser = Client(REMOTE_ADDR=address, headers=headers)
        return browser.post(page, {"username": name, "password": password})

    return tried
