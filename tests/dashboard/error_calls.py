"""Failing calls for the tests of the pages of errors."""

from datetime import timedelta

from telemetry import semconv
from telemetry.semconv import Outcome
from tests.dashboard.builders import call_row


def failure(message="crm did not answer within 5 s.", outcome=Outcome.TIMEOUT, **changes):
    return call_row(outcome, **{"error_type": str(outcome), "error_message": message} | changes)


def bad_arguments(*violations, **changes):
    """A call whose arguments broke the schema: ``bad_arguments("id: missing")``."""
    said = "; ".join(f"argument {item.partition(':')[0]!r} is wrong" for item in violations)
    return failure(
        said,
        Outcome.ARGUMENTS,
        attributes={semconv.VIOLATIONS: list(violations)},
        **changes,
    )


def spread(rows_of, count, now, minutes):
    """*count* rows made by ``rows_of(at)``, evenly over the *minutes* before *now*."""
    step = timedelta(minutes=minutes) / max(count, 1)
    return [rows_of(now - step * (number + 0.5)) for number in range(count)]
