"""Deployments, and requests to them, for the tests of their page."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from telemetry.semconv import DEPLOYMENT, ROUTE_REASON, TIME_TO_FIRST_CHUNK
from telemetry.store.batches import write_spans
from tests.telemetry.cost.builders import model_call
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment
from tools.llm.calling.deployment import NAMES
from tools.llm.providers.endings import Ending
from tools.llm.providers.snapshot import Known
from tools.llm.routing.budget import Budget

_numbers = itertools.count(1)
SOL, FLASH = ("openai", "gpt-6-sol"), ("gemini", "gemini-3.8-flash")


def known(name="sol", model=SOL, *, usd=None, tokens=None, ends=None, **about):
    where = Deployment(
        name=name,
        provider=model[0],
        model=model[1],
        base_url="https://secret.internal/v1",
        key="sk-secret-of-ours",
        can=Capabilities(api="responses"),
    )
    budget = Budget.of_deployment(name, usd and Decimal(usd), tokens)
    return Known(deployment=where, budget=budget, ending=Ending(ends, "gpt-7"), **about)


def in_days(days) -> date:
    return (timezone.now() + timedelta(days=days)).date()


def store_requests(deployment="sol", model=SOL, *, good=0, bad=0, reason="", first_s=0.4, ago_s=5.0, **changes):
    """Store *good* requests that were answered and *bad* ones that the vendor did not answer in time."""
    said = {DEPLOYMENT: deployment, TIME_TO_FIRST_CHUNK: first_s} | ({ROUTE_REASON: reason} if reason else {})
    values = {"provider": NAMES.get(model[0], model[0]), "model": model[1], "duration_ms": 1200.0, **changes}
    at = timezone.now() - timedelta(seconds=ago_s)
    write_spans(
        [
            model_call(
                start_time=at + timedelta(microseconds=n),
                span_id=next(_numbers),
                attributes=said,
                **values | ({"status": 2, "error_type": "timeout"} if n >= good else {"status": 1}),
            )
            for n in range(good + bad)
        ]
    )
