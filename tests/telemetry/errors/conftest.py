"""Fixtures of the tests of groups of errors."""

import pytest


@pytest.fixture(autouse=True)
def no_errors_of_other_tests(request):
    """Tests that call tools leave failed spans: the exporter commits on a connection of its own."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        from telemetry.errors.models import ErrorCount, ErrorGroup, Violation
        from telemetry.models import Span

        for model in (ErrorGroup, ErrorCount, Violation, Span):
            model.objects.all()._raw_delete("default")
