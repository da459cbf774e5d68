"""What processes tell each other of deployments: breakers and rates, in the shared state that tools have."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerPolicy
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.routing.budget import Budget, Cost
from tools.llm.routing.failover import BLAMED, HOPELESS
from tools.llm.routing.route import Entry
from tools.state.base import Admission, BreakerState, Decided, Question, Ran, SharedState
from tools.state.reporter import Reporter

# Before the name of a deployment, where tools have theirs: no tool's name has a colon.
PREFIX = "model:"
# For how long a deployment rests whose key, bill or model somebody has to mend.
HOPELESS_S = 300.0
# For so long it is believed without asking: an admin may have mended it.
KNOWN_S = 10.0
BLAME = {ErrorKind.TIMEOUT: Outcome.TIMEOUT}


@dataclass(frozen=True, slots=True)
class Health:
    """Asks of and tells shared state: one round trip before a deployment is asked, none behind it."""

    state: SharedState
    reporter: Reporter

    async def admitted(self, entry: Entry, spender: Budget | None = None) -> Admission:
        """Whether *entry* may be asked now, by itself and for *spender*; takes its share of the rate."""
        name = key_of(entry)
        await self.reporter.settled(name)
        quotas = tuple(quota for budget in budgets_of(entry, spender) for quota in budget.quotas())
        return await self.state.ask(
            Question(tool=name, rate=entry.rate, quotas=quotas, probes=entry.breaker.probes, tells_left=False)
        )

    def spent(self, entry: Entry, cost: Cost, spender: Budget | None = None) -> None:
        """Count what an answer took, whole or not."""
        for budget in budgets_of(entry, spender):
            for spent in budget.spent(cost):
                self.reporter.add(spent)

    def worked(self, entry: Entry, admission: Admission, took_s: float) -> None:
        self._tell(entry, Ran(key_of(entry), Outcome.FIRST_TRY, False, entry.breaker, admission.probe, took_s))

    def failed(self, entry: Entry, admission: Admission, error: ModelError, took_s: float) -> None:
        """Count *error*, if it says something of the deployment; let it rest at once where that was asked for."""
        if error.kind not in BLAMED:
            self._tell(entry, Ran(key_of(entry), None, None, entry.breaker, admission.probe))
            return
        outcome = BLAME.get(error.kind, Outcome.PROVIDER)
        self._tell(entry, Ran(key_of(entry), outcome, True, entry.breaker, admission.probe, took_s))
        rest_s = HOPELESS_S if error.kind in HOPELESS else error.retry_after_s
        if rest_s:
            policy = BreakerPolicy(cooldown_s=rest_s, probes=entry.breaker.probes)
            self.reporter.add(Decided(key_of(entry), True, policy))

    def left(self, entry: Entry, admission: Admission) -> None:
        """Nobody waited for the answer: nothing was learned, but the next call may be the probe."""
        self._tell(entry, Ran(key_of(entry), None, None, entry.breaker, admission.probe))

    def _tell(self, entry: Entry, ran: Ran) -> None:
        self.reporter.add(ran)


class Resting:
    """Who rests, as far as who asks here was refused it lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, tuple[float, str]] = {}

    def note(self, entry: Entry, admission: Admission, why: str, spender: Budget | None) -> None:
        """That *entry* was refused, and *why*; nothing where it is its *spender* alone who may not."""
        if spender is None or admission.refused_by not in {quota.name for quota in spender.quotas()}:
            rests_s = min(admission.retry_after_s, KNOWN_S)
            self._until[entry.deployment.name] = (self._clock() + rests_s, why)

    def now(self) -> dict[str, str]:
        """By its name, why each does that rests."""
        now = self._clock()
        return {name: why for name, (until, why) in self._until.items() if now < until}


def key_of(entry: Entry) -> str:
    return PREFIX + entry.deployment.name


def budgets_of(entry: Entry, spender: Budget | None) -> tuple[Budget, ...]:
    """Whose money it is: the deployment's, which is counted with and without a limit, and the spender's."""
    own = entry.budget or Budget.of_deployment(entry.deployment.name)
    return (own,) if spender is None else (own, spender)


def refused(admission: Admission, budgets: Iterable[Budget] = ()) -> str:
    """Why a deployment is not asked now, for people; '' where it may be."""
    if admission.breaker is BreakerState.OPEN:
        return f"it rests for {admission.retry_after_s:.0f} s"
    if not admission.allowed:
        for budget in budgets:
            if why := budget.used_up(admission.refused_by, admission.retry_after_s):
                return why
        return f"its rate is used up for {admission.retry_after_s:.0f} s"
    return ""
