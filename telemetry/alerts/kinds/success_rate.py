"""How calls go, were the cache empty: their arguments, the runs of the tool, and both together.

Answers from the cache say nothing of the tool: while it is down its cache goes on answering. But they are evidence
that the arguments were good, for these are looked at first. So arguments are judged on all calls, also for each
provider behind them, the tool's own layers on those calls that the cache did not answer, and both together as the
product of the two shares: 6 % bad arguments and 6 % failures are below 90 %. Refused calls (authorization, rate
limit) never reached the tool and do not count.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from telemetry.alerts.shares import Factor, Of, Share
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import Outcome

# Of the providers, those with the most bad arguments; more would only thin the budget of false alarms.
PROVIDERS_JUDGED = 8


class Named(Protocol):
    """Whose calls a tally counts."""

    @property
    def provider(self) -> str: ...


def shares(calls: Mapping[Named, Tally], late: datetime | None = None) -> list[Share]:
    """What *calls*, all of one tool, are judged by."""
    whole = Tally.sum(calls.values())
    told, ran = arguments(whole), runs(whole)
    return [
        Share(Of.CALLS, (told, ran) if ran[1] else (told,), late=late),
        Share(Of.RUNS, (ran,), late=late),
        Share(Of.ARGUMENTS, (told,), late=late),
        *_of_providers(calls, late),
    ]


def factor(of: Of, tally: Tally) -> Factor:
    """(good, all) of the calls of *tally* by which *of* is judged; of all calls, as their callers felt it."""
    if of is Of.ARGUMENTS:
        return arguments(tally)
    return runs(tally) if of is Of.RUNS else (tally.succeeded, tally.judged)


def arguments(tally: Tally) -> Factor:
    """Calls whose arguments were good among all."""
    return tally.judged - tally.of(Outcome.ARGUMENTS), tally.judged


def runs(tally: Tally) -> Factor:
    """Calls that went well among those with good arguments that the cache did not answer."""
    good = tally.succeeded - tally.of(Outcome.FROM_CACHE)
    return good, good + tally.failed - tally.of(Outcome.ARGUMENTS)


def _of_providers(calls: Mapping[Named, Tally], late: datetime | None) -> list[Share]:
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for key, tally in calls.items():
        tallies[key.provider].append(tally)
    if len(tallies) == 1:
        return []  # the same as all
    told = [(provider, arguments(Tally.sum(each))) for provider, each in tallies.items() if provider]
    told.sort(key=lambda pair: (pair[1][0] - pair[1][1], pair[0]))
    return [Share(Of.ARGUMENTS, (each,), provider, late) for provider, each in told[:PROVIDERS_JUDGED]]
