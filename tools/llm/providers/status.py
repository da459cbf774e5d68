"""How deployments stand now: what they can, whether they rest, and what they have spent today."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing.budget import usd_of
from tools.llm.routing.health import PREFIX
from tools.state.base import BreakerState, SharedState
from tools.state.quotas.quota import Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A deployment, its breaker as this process has heard of it, and what of its budget is used."""

    known: Known
    routes: Sequence[str]
    breaker: BreakerState
    rest_s: float
    dollars: Used
    tokens: Used

    @property
    def spent_usd(self) -> Decimal:
        return usd_of(self.dollars.used)

    @property
    def budget_used(self) -> float | None:
        """The share of today's budget that is used, of dollars or tokens, whichever is more; None without one."""
        budget = self.known.budget
        shares = [float(self.spent_usd / budget.usd)] if budget.usd is not None else []
        shares += [self.tokens.used / budget.tokens] if budget.tokens is not None else []
        return max(shares, default=None)

    def as_dict(self, today: date, *, with_money: bool) -> dict[str, Any]:
        """The shape of the REST answer; ``budget`` is None without *with_money*. Nothing of the key is in it."""
        deployment, ending = self.known.deployment, self.known.ending
        can = asdict(deployment.can)
        return {
            "name": deployment.name,
            "provider": deployment.provider,
            "model": deployment.model,
            "api": can.pop("api"),
            "capabilities": can,
            "enabled": self.known.enabled,
            "has_key": self.known.has_key,
            "lacks": self.known.lacks or None,
            "breaker": self.breaker.value,
            "rest_s": round(self.rest_s, 1),
            "routes": list(self.routes),
            "shutdown_on": ending.on.isoformat() if ending.on else None,
            "ends_soon": ending.is_near(today),
            "successor": ending.successor or None,
            "budget": self._budget() if with_money else None,
        }

    def _budget(self) -> dict[str, Any]:
        budget = self.known.budget
        return {
            "usd": None if budget.usd is None else float(budget.usd),
            "tokens": budget.tokens,
            "spent_usd": float(self.spent_usd),
            "spent_tokens": self.tokens.used,
            "resets_at": datetime.fromtimestamp(self.dollars.resets_at, UTC).isoformat(),
        }


async def statuses(snapshot: Snapshot, state: SharedState) -> list[Status]:
    """Of each deployment, by name; one round trip for all of them."""
    found = list(snapshot.deployments.values())
    quotas = [quota for known in found for quota in (known.budget.dollars, known.budget.used_tokens)]
    used = iter(await state.quotas_used(quotas))
    return [
        Status(
            known=known,
            routes=snapshot.routes_of(known.name),
            breaker=state.breaker_state(PREFIX + known.name),
            rest_s=state.breaker_rest_s(PREFIX + known.name),
            dollars=next(used),
            tokens=next(used),
        )
        for known in found
    ]
