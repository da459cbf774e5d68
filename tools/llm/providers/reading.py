"""Reads the tables into a snapshot: two queries, whatever there is."""

import logging
import os
from collections.abc import Mapping

from tools.definition.policy import Rate
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment as Asked
from tools.llm.providers.keys import key_of
from tools.llm.providers.models import Deployment, Model, Route
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry
from tools.llm.routing.budget import Budget

logger = logging.getLogger(__name__)


def read_snapshot(environ: Mapping[str, str] = os.environ) -> Snapshot:
    """What there is now; keys that stand in variables are those of *environ*."""
    rows = Deployment.objects.select_related("model").order_by("name")
    deployments = {row.name: known_of(row, environ) for row in rows}
    routes: dict[str, tuple[Entry, ...]] = {}
    fields = ("name", "entries__deployment__name", "entries__rank", "entries__weight", "entries__rate")
    for name, deployment, rank, weight, rate in Route.objects.order_by(
        "name", "entries__rank", "entries__id"
    ).values_list(*fields):
        entries = routes.setdefault(name, ())
        if known := deployments.get(deployment):
            entry = Entry(
                deployment=known.deployment,
                rank=rank,
                weight=weight,
                rate=rate_of(rate),
                budget=known.budget,
            )
            routes[name] = (*entries, entry)
    return Snapshot(deployments, routes)


def rate_of(text: str) -> Rate | None:
    """None also for one that cannot be read: written past the admin, it must not keep all other edits out."""
    try:
        return Rate.parse(text)
    except ValueError as error:
        logger.error("the rate of a route is ignored: %s", error)
        return None


def known_of(row: Deployment, environ: Mapping[str, str]) -> Known:
    """The deployment as it stands, its key looked up."""
    key, lacks = key_of(row, environ)
    if not row.enabled:
        lacks = f"The deployment {row.name} is switched off: switch it on in the admin."
    deployment = Asked(
        name=row.name,
        provider=row.model.provider,
        model=row.model.name,
        base_url=row.base_url,
        key=key,
        can=capabilities_of(row.model),
        timeout_s=row.timeout_s,
        first_token_timeout_s=row.first_token_timeout_s,
    )
    return Known(
        deployment=deployment,
        budget=Budget.of_deployment(row.name, row.budget_usd, row.budget_tokens),
        enabled=row.enabled,
        lacks=lacks,
        ending=row.model.ending,
    )


def capabilities_of(row: Model) -> Capabilities:
    return Capabilities(
        api=row.api,
        tools=row.tools,
        forced_tool_choice=row.forced_tool_choice,
        sampling=row.sampling,
        efforts=tuple(row.efforts),
        parallel_calls=row.parallel_calls,
        vision=row.vision,
        signed_calls=row.signed_calls,
        completion_tokens=row.completion_tokens,
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
    )
