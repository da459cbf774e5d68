"""One look of a rule at one tool: what it sees, and where that takes the rule. Pure."""

from dataclasses import dataclass
from datetime import datetime

from telemetry.alerts.models import Rule, RuleState, State
from telemetry.alerts.verdict import Standing, Verdict, next_state, verdict
from telemetry.alerts.windows import Calls, Window, Windowed, for_tool


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
        return self.before.state == self.after.state == State.FIRING and self.seen.value is not None

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
    before = standing(state) if state else Standing.at_rest(now)
    looked_at, state_pk = (state.window_end, state.pk) if state else (None, None)
    own = for_tool(rule, calls, tool)
    seen = verdict(rule, own, before.broken)
    return Look(rule, tool, window, own, seen, before, next_state(rule, before, seen, now), looked_at, state_pk)


def standing(state: RuleState) -> Standing:
    return Standing(State(state.state), state.since, state.unrecovered_at, state.evidence_at, tuple(state.broken))
