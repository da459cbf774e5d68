"""Decisions as the log has them."""

from datetime import timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from tools.selection.models import LoggedDecision


def store_decisions(
    number, *, group="retrievers", truth=None, shares=None, seed=1, told=True, ago_s=600.0, **changes
):
    """*number* decisions over the last *ago_s* seconds, told of by the *truth*."""
    random, now = Random(f"{group} {seed}"), timezone.now()
    shares = shares or {"v1": 0.3, "v2": 0.7}
    truth = truth or {"v1": 0.4, "v2": 0.8}
    rows = []
    for at in range(number):
        member = random.choices(list(shares), list(shares.values()))[0]
        good = random.random() < truth[member]
        decided_at = now - timedelta(seconds=ago_s * (1 - at / number) + 1)
        fields = {
            "id": UUID(int=random.getrandbits(128), version=4),
            "group": group,
            "series": group,
            "policy": "epsilon_greedy",
            "member": member,
            "probabilities": shares,
            "propensity": shares[member],
            "reason": "It has the best mean reward so far: v1 0.40 of 30, v2 0.80 of 70.",
            "latency_weight": 0.0,
            "cost_weight": 0.0,
            "half_life_s": 86_400.0,
            "feedback_within_s": 3_600.0,
            "shared": True,
            "decided_at": decided_at,
        }
        if told:
            reward = float(good)
            fields |= {"told_at": decided_at, "success": good, "reward": reward, "latency_ms": 120.0}
        rows.append(LoggedDecision(**{**fields, **changes}))
    LoggedDecision.objects.bulk_create(rows)
