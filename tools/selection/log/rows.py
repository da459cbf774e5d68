"""The log's statements: decisions are written, told of once, and added up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tools.selection.arms import Arm, Arms
from tools.selection.decision import MOST_VALUE, Counting, Decision
from tools.selection.group import Weights
from tools.selection.models import LoggedDecision
from tools.selection.reward import Told

# Evidence that is older counts less than a millionth.
HALF_LIVES = 20
_TELL = """
    UPDATE selection_decision AS d
    SET told_at = t.told_at, success = t.success, latency_ms = t.latency_ms, cost_usd = t.cost_usd,
        reward = t.reward
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::boolean[], %s::float8[], %s::float8[], %s::float8[])
        AS t(id, told_at, success, latency_ms, cost_usd, reward)
    WHERE d.id = t.id AND d.told_at IS NULL
    RETURNING d.id"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was told of a decision, when (seconds since 1970), and what it is worth."""

    decision_id: str
    told: Told
    worth: float
    at: float


def write(decisions: Sequence[Decision]) -> None:
    """One statement; a decision that is there already is left as it is."""
    LoggedDecision.objects.bulk_create([row_of_log(decision) for decision in decisions], ignore_conflicts=True)


def row_of_log(decision: Decision) -> LoggedDecision:
    counting, choice = decision.counting, decision.choice
    return LoggedDecision(
        id=decision.id,
        group=decision.group,
        series=counting.series,
        policy=decision.policy,
        member=choice.member,
        probabilities=dict(choice.probabilities),
        left_out=list(decision.left_out),
        propensity=choice.propensity,
        reason=choice.reason,
        feature_names=list(decision.feature_names),
        features=list(counting.features),
        latency_weight=counting.weights.latency_per_s,
        cost_weight=counting.weights.cost_per_usd,
        half_life_s=counting.half_life_s,
        feedback_within_s=decision.feedback_within_s,
        shared=decision.shared,
        decided_at=moment(counting.decided_at),
    )


def tell(feedback: Sequence[Feedback]) -> set[str]:
    """Write what was told, once for each decision; the ids of those that it was written to. One statement."""
    columns: list[Any] = [
        [each.decision_id for each in feedback],
        [moment(each.at) for each in feedback],
        [each.told.success for each in feedback],
        [each.told.latency_ms for each in feedback],
        [each.told.cost_usd for each in feedback],
        [each.worth for each in feedback],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TELL, columns)
        return {str(row[0]) for row in cursor.fetchall()}


def find(decision_id: str) -> tuple[Counting, bool] | None:
    """A decision's, and whether it was told of; None for one that there is not."""
    row = LoggedDecision.objects.filter(pk=decision_id).first()
    if row is None:
        return None
    counting = Counting(
        series=row.series,
        member=row.member,
        decided_at=row.decided_at.timestamp(),
        half_life_s=row.half_life_s,
        weights=Weights(row.latency_weight, row.cost_weight),
        features=tuple(row.features),
    )
    return counting, row.told_at is not None


def sums_of(series: str, features: int, half_life_s: float, now: float) -> Arms:
    """The evidence of *series*, made of its decisions. One query."""
    told = LoggedDecision.objects.filter(series=series, told_at__isnull=False)
    if features:  # what would run over is left out: NaN is above all numbers here
        told = told.extra(
            where=["NOT (%s < ANY(features) OR %s > ANY(features))"], params=[MOST_VALUE, -MOST_VALUE]
        )
    if half_life_s > 0:
        told = told.filter(decided_at__gte=moment(now - HALF_LIVES * half_life_s))
    return {member: Arm(tuple(sums), now) for member, *sums in _added_up(told, features, half_life_s, now)}


def _added_up(
    told: "QuerySet[LoggedDecision]", features: int, half_life_s: float, now: float
) -> list[tuple[Any, ...]]:
    """Each member's sums, in the order of ``arms.row_of``."""
    x = ["1", *(f"features[{index}]" for index in range(1, features + 1))] if features else []
    values = ["1", "reward", "reward * reward"]
    values += [f"{a} * {b}" for i, a in enumerate(x) for b in x[i:]] + [f"reward * {a}" for a in x]
    age = "greatest(0, extract(epoch FROM to_timestamp(%s) - decided_at))::float8"
    share = f"power(0.5::float8, least({age} / %s, 1000))" if half_life_s > 0 else "1.0::float8"
    sums = ", ".join(f"sum(share * {value})" for value in values)
    inner, parameters = told.query.sql_with_params()
    shares = [now, half_life_s] if half_life_s > 0 else []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT member, {sums} FROM (SELECT told.*, {share} AS share FROM ({inner}) AS told) AS shared"
            " GROUP BY member",
            [*shares, *parameters],
        )
        return list(cursor.fetchall())


def moment(at: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)
