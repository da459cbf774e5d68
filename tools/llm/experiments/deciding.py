"""What the judge does by himself, by what a run came to. Pure, so that each case is a line of a table of tests."""

from dataclasses import dataclass

from tools.llm.experiments.judging import Judgement
from tools.llm.experiments.plan import Plan
from tools.llm.experiments.saying import counted


@dataclass(frozen=True, slots=True)
class Stop:
    reason: str


@dataclass(frozen=True, slots=True)
class Widen:
    reason: str


@dataclass(frozen=True, slots=True)
class Promote:
    arm: str
    reason: str


Decision = Stop | Widen | Promote | None


def decided(plan: Plan, judgement: Judgement) -> Decision:
    """He stops at once, widens as planned, and has a winner go live only where an admin put that into the plan."""
    if judgement.stop:
        return Stop(judgement.reasons[0])
    if wrong := sum(judgement.flags.get("wrong_text", {}).values()):
        return Stop(
            f"{counted(wrong, 'unit')} got something else than the arm was, so nothing can be read from it all."
        )
    if plan.promotes_winner and judgement.winner:
        return Promote(judgement.winner, f"{judgement.winner} is better, and by the plan the winner goes live.")
    if judgement.next_step is not None:
        share = plan.ramp[judgement.next_step].share
        return Widen(f"The step had its units and its time, as planned: on to {100 * share:.4g} % of all units.")
    return None
