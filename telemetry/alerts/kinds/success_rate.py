"""The share of calls that go well, were the cache empty.

Answers from the cache do not count as good: while a tool is down its cache goes on answering, and would hide the
outage. But bad arguments are found before the cache is asked, so they come from all calls: beside the uncached
ones alone they would weigh the more, the better the cache works (at 90 % hits and 2 % bad arguments, 17 % of the
rest would be bad). They count for the share of valid calls that passed the cache, which makes the quotient the
product of two shares: calls with good arguments among all, and good runs among those that passed the cache.
Refused calls (authorization, rate limit) never reached the tool and do not count.
"""

from telemetry.semconv import Outcome
from telemetry.tally import Tally

NOUN = "success rate"


def measure(tally: Tally) -> tuple[int, int]:
    """Without a call that passed the cache there is nothing to judge the tool by: (0, 0)."""
    bad_arguments = tally.of(Outcome.ARGUMENTS)
    cached = tally.of(Outcome.FROM_CACHE)
    good = tally.succeeded - cached
    passed = good + tally.failed - bad_arguments
    if cached:
        bad_arguments = round(bad_arguments * passed / (passed + cached))
    return good, passed + bad_arguments
