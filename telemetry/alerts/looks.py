"""One look of a rule at one tool: what it sees, and where that takes the rule. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from telemetry.alerts.models import Judgement, Rule, RuleState, State
from telemetry.alerts.verdict import Standing, Verdict, next_state, verdict
from telemetry.alerts.windows import Calls, Window, Windowed, for_tool

# A look is due each 5 s. What lies further apart was not seen to hold.
LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Look:
    """A rule's look at the calls of one tool. *looked_at*: the end of the window of the look before, if any."""

    rule: Rule
    tool: str
    window: Window
    calls: Windowed
    seen: Verdict
    before: Standing
    after: Standing
    looked_at: datetime | None = None
    state_pk: int | None = None  # of the stored state, if there is one

    @property
    def changed(self) -> bool:
        return self.before.state != self.after.state

    @property
    def goes_on(self) -> bool:
        """An incident is open and stays so, and there is something to be said of it."""
        judged = self.seen.judgement is not Judgement.INSUFFICIENT
        return judged and self.before.state == self.after.state == State.FIRING and self.seen.value is not None

    @property
    def idle(self) -> bool:
        """Nothing is called and nothing is wrong: not worth keeping."""
        return not self.calls and self.before.state == self.after.state == State.INACTIVE

    @property
    def longest_ms(self) -> float:
        return max((tally.longest_ms for calls in self.calls.values() for tally in calls.values()), default=0.0)

    @property
    def shown_calls(self) -> Calls:
        """The calls by which the share is judged that is shown: those of now, or late ones."""
        return self.calls.get(self.seen.shown.late, {})


def look(rule: Rule, tool: str, window: Window, calls: Windowed, state: RuleState | None, now: datetime) -> Look:
    """What *rule* sees of *tool* among *calls*, which may be of all tools."""
    before = resumed(state, now) if state else Standing.at_rest(now)
    looked_at, state_pk = (state.window_end, state.pk) if state else (None, None)
    own = for_tool(rule, calls, tool)
    seen = verdict(rule, own, before.broken)
    return Look(rule, tool, window, own, seen, before, next_state(rule, before, seen, now), looked_at, state_pk)


def resumed(state: RuleState, now: datetime) -> Standing:
    """Where the rule stood; after a pause in judging nothing has held in between that nobody looked at."""
    before = standing(state)
    return before if now - state.evaluated_at <= LONGEST_PAUSE else replace(before, unrecovered_at=now)


def standing(state: RuleState) -> Standing:
    return Standing(State(state.state), state.since, state.unrecovered_at, state.evidence_at, tuple(state.broken))
