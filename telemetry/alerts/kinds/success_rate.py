"""The share of calls that the tool itself answered well.

Answers from the cache are left out of both sides: while a tool is down its cache goes on answering, and would
hide the outage. Refused calls (authorization, rate limit) never reached the tool and do not count either.
"""

from telemetry.semconv import Outcome
from telemetry.tally import Tally

NOUN = "success rate"


def measure(tally: Tally) -> tuple[int, int]:
    good = tally.succeeded - tally.of(Outcome.FROM_CACHE)
    return good, good + tally.failed
