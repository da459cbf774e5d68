"""Settings of people name stages by their places, which therefore stay."""

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

PLACES = (
    "tools.stages.tracing.Tracing",
    "tools.stages.authorization.Authorization",
    "tools.stages.validation.Validation",
    "tools.stages.idempotency.Idempotency",
    "tools.stages.caching.Caching",
    "tools.stages.rate_limit.RateLimit",
    "tools.stages.breaker.Breaker",
    "tools.stages.concurrency.Concurrency",
    "tools.stages.retry.Retry",
    "tools.stages.hedging.Hedging",
    "tools.stages.execution.Execution",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_stage_is_found_where_settings_name_it(place):
    assert callable(import_string(place))
    assert place in settings.TOOL_STAGES
