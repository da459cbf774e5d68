"""Fixtures of the dashboard's tests."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def executor_ends_with_the_tests():
    """The pages ask this process's executor; its threads must not outlive the servers."""
    yield
    from tools.running import runtime

    runtime.shutdown()


@pytest.fixture
def signed_in(client, person):
    """Somebody who may do everything; who may do what is tested in tests/salesboost/test_permissions.py."""
    client.force_login(person("ana", is_superuser=True))
    return client


@pytest.fixture(autouse=True)
def no_calls_of_other_tests(request):
    """Tests that call tools leave spans: the exporter commits on a connection of its own."""
    if request.node.get_closest_marker("django_db") or "transactional_db" in request.fixturenames:
        request.getfixturevalue("db")
        from telemetry.errors.models import ErrorCount, ErrorGroup, Violation
        from telemetry.models import Rollup, Span, SpanPayload, ToolRollup

        for model in (Span, SpanPayload, Rollup, ToolRollup, ErrorGroup, ErrorCount, Violation):
            model.objects.all()._raw_delete("default")
