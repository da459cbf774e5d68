import pytest
from opentelemetry import trace

from telemetry import tracing
from telemetry.models import Span


@pytest.mark.django_db(transaction=True)
def test_an_ended_span_is_stored(tmp_path):
    tracing.configure_tracing()
    with trace.get_tracer("t").start_as_current_span("execute_tool crm") as span:
        span.set_attributes(
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm", "salesboost.outcome": "first_try"}
        )
    assert tracing.flush_tracing(5)
    [row] = Span.objects.all()
    assert (row.tool, row.outcome) == ("crm", "first_try")
    tracing.shutdown_tracing()
