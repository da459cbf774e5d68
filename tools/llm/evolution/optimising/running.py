"""A run of the optimiser, from its row to what came of it. Loads gepa and asks models: for the worker alone."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from opentelemetry.trace import NoOpTracer

from tools.llm import pricing
from tools.llm.calling import ModelClient
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import OptimiserRun, OptimiserState
from tools.llm.evolution.optimising.asking import Asker
from tools.llm.evolution.optimising.budget import Amount, Budget, Over, Why
from tools.llm.evolution.optimising.gathering import gathered, key_of, parts_of, with_own
from tools.llm.evolution.optimising.reflecting import Reflector, most_chars
from tools.llm.evolution.optimising.scoring import Scorer, with_text
from tools.llm.evolution.optimising.searching import BATCH, NAME, Searched, search
from tools.llm.evolution.optimising.splitting import Parts
from tools.llm.evolution.optimising.weighing import Weighed, weighed
from tools.llm.evolution.proposals import OPTIMISER, Proposal
from tools.llm.evolution.proposing import written
from tools.llm.prompts.admin.trying import costs
from tools.llm.providers import live
from tools.llm.providers.errors import CannotAsk, UnknownRoute
from tools.llm.routing import Router
from tools.llm.routing.health import Health
from tools.running.runtime import get_executor

logger = logging.getLogger(__name__)
LAB = "Asked of the lab, or a server of this machine: against the lab this proves the wiring only."
Now = Callable[[], datetime]


def run(
    pk: int,
    now: Now,
    *,
    is_wanted: Callable[[], bool] = lambda: True,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Do the run *pk*, if nobody has; what came of it, in words. It ends soon where it *is_wanted* no longer."""
    waits = OptimiserRun.objects.filter(pk=pk, state=OptimiserState.WAITING)
    if not waits.update(state=OptimiserState.RUNNING, began_at=now(), beat_at=now()):
        return "Somebody else has done it, or it was stopped."
    row = OptimiserRun.objects.select_related("prompt", "base__prompt").get(pk=pk)
    work = Work(row, now, is_wanted, clock)
    try:
        told = work.done()
    except (EvolutionError, UnknownRoute, CannotAsk) as error:
        told = str(error)
    except Over as over:
        told = f"It came to nothing, as {over.why}{work.trouble()}."
    except Exception as error:
        logger.exception("%s broke off", row)
        told = f"It broke off ({type(error).__name__}): the worker's log has more."
    work.end(told)
    return told


@dataclass(slots=True)
class Work:
    """One run while it is worked on."""

    row: OptimiserRun
    now: Now
    is_wanted: Callable[[], bool]
    clock: Callable[[], float]
    budget: Budget = field(init=False)
    asker: Asker | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        allowed = Amount(self.row.most_calls, self.row.most_tokens, self.row.most_usd)
        self.budget = Budget(allowed, self.row.most_minutes * 60.0, self.clock)

    def done(self) -> str:
        """What came of it. Raises EvolutionError, Over, and as models are asked."""
        row, executor = self.row, get_executor()
        route, by = live.route(row.deployment), live.route(row.reflector)
        where = route.entries[0].deployment
        row.in_lab = not costs(where)
        key = key_of(row.base.plain(), where.model)
        version = with_own(row.base.plain(), key)
        found = gathered(version, key, self.now(), executor.registry)
        row.left_out = dict(found.left_out)
        parts = parts_of(found, row.most_calls)
        row.sizes = parts.sizes
        row.save(update_fields=["in_lab", "left_out", "sizes"])
        pricing.renew()
        with asyncio.Runner() as loop:
            client = loop.run(a_client())
            try:
                router = Router(client, Health(executor.state, executor.reporter), price=pricing.usd)
                self.asker = Asker(router, self.budget, pricing.usd, loop, self.beat)
                scorer = Scorer(self.asker, route, version, key, executor.registry)
                return self._searched(scorer, Reflector(self.asker, by, version, key), parts)
            finally:
                loop.run(client.aclose())

    def _searched(self, scorer: Scorer, reflector: Reflector, parts: Parts) -> str:
        row, live_text = self.row, scorer.version.texts[scorer.key]
        self.keep_back(scorer, parts, live_text)
        seen = search(scorer, reflector, parts, iterations=row.most_calls, told=self.best_so_far, seed=row.pk)
        row.live_share, row.best_share = seen.live, seen.best
        said = f"{seen.why[:1].upper()}{seen.why[1:]}{self.trouble()}"
        if seen.text == live_text:
            return f"{said}: no text was better in validation than the live one ({seen.live:.0%} right)."
        row.text = seen.text
        if seen.why in (Why.STOPPED, Why.WORKER):
            return f"{said}: the best text so far was not tried on what was held out."
        self.budget.give_back()
        try:
            both = [scorer.score(text, parts.held_out) for text in (live_text, seen.text)]
        except Over as over:
            return f"{said}, and what was held out was not tried whole: {over.why}."
        result = weighed(*both)
        if not result.is_better:
            return f"{said}. Not better than the live text: {result}. Nothing is proposed."
        return f"{said}. {self._proposed(scorer, seen, result)}"

    def keep_back(self, scorer: Scorer, parts: Parts, text: str) -> None:
        """What is held out is asked of two texts, the new one as long as it may be. Raises EvolutionError."""
        longest = text + "9" * (most_chars(text) - len(text))
        self.budget.kept_back = scorer.most(text, parts.held_out) + scorer.most(longest, parts.held_out)
        first = scorer.most(longest, parts.validation) * 2 + scorer.most(longest, parts.training[:BATCH]) * 2
        if why := self.budget.lacks(first):
            asked = self.budget.kept_back + first
            raise EvolutionError(
                f"That is too little to begin with ({why}): allow {asked.calls:,} calls, "
                f"{asked.tokens:,} tokens and ${asked.usd:.2f} at least."
            )

    def _proposed(self, scorer: Scorer, seen: Searched, result: Weighed) -> str:
        row = self.row
        texts = with_text(scorer.version, scorer.key, seen.text).texts
        why = f"{result}{'; in the lab, which proves the wiring only' if row.in_lab else ''}"
        proposal = Proposal(OPTIMISER, texts, why[0].upper() + why[1:], self.evidence(seen, result))
        with transaction.atomic():
            row.candidate = written(row.base, proposal, row.by)
            if row.candidate is None:
                return "The best text was proposed before: nothing is proposed."
            row.save(update_fields=["candidate"])
        return f"Proposed: {row.candidate}, {result}."

    def evidence(self, seen: Searched, result: Weighed) -> dict[str, Any]:
        row, spent = self.row, self.budget.spent
        return {
            "optimiser": NAME,
            "run": row.pk,
            "in_lab": row.in_lab,
            **({"note": LAB} if row.in_lab else {}),
            "asked": row.deployment,
            "reflected": row.reflector,
            "training": {"cases": row.sizes["training"]},
            "validation": {"cases": row.sizes["validation"], "live": seen.live, "new": seen.best},
            "held_out": result.as_json(),
            "texts": seen.texts,
            "spent": {"calls": spent.calls, "tokens": spent.tokens, "usd": float(spent.usd)},
            "allowed": {"calls": row.most_calls, "tokens": row.most_tokens, "usd": float(row.most_usd)},
        }

    def trouble(self) -> str:
        said = self.asker.trouble if self.asker else ""
        return f" ({said[:200].rstrip('.')})" if said else ""

    def best_so_far(self, share: float) -> None:
        self.row.best_share = share
        if self.row.live_share is None:
            self.row.live_share = share  # the first that is scored

    def beat(self) -> None:
        """Tell how far it is. Raises Over where somebody has stopped it, or thought it lost."""
        if not self.is_wanted():
            raise Over(Why.WORKER)
        row = self._spent()
        going_on = OptimiserRun.objects.filter(pk=row.pk, state=OptimiserState.RUNNING, stopped_by="")
        told = {name: getattr(row, name) for name in ("calls", "tokens", "usd", "live_share", "best_share")}
        if not going_on.update(beat_at=self.now(), **told):
            raise Over(Why.STOPPED)

    def _spent(self) -> OptimiserRun:
        spent = self.budget.spent
        self.row.calls, self.row.tokens, self.row.usd = spent.calls, spent.tokens, spent.usd
        return self.row

    def end(self, told: str) -> None:
        """Keep what came of it. Who was thought lost meanwhile is told of all the same."""
        row = self._spent()
        row.refresh_from_db(fields=["stopped_by"])
        row.state = OptimiserState.STOPPED if row.stopped_by else OptimiserState.ENDED
        row.told, row.ended_at, row.beat_at = told[:500], self.now(), self.now()
        row.save()


async def a_client() -> ModelClient:
    """Nothing of it is recorded: a search is in nobody's figures."""
    return ModelClient(tracer=NoOpTracer())
