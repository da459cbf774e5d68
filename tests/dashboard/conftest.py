"""Fixtures of the dashboard's tests."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def executor_ends_with_the_tests():
    """The pages ask this process's executor; its threads must not outlive the servers."""
    yield
    from tools import runtime

    runtime.shutdown()


@pytest.fixture
def signed_in(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("ana"))
    return client
