"""Deployments and routes of models, over REST."""

from datetime import UTC, datetime
from typing import Any

from channels.db import database_sync_to_async
from ninja import Router, Schema
from pydantic import Field

from tools.api.rest import ApiRequest, answer, may_look
from tools.models import Scope
from tools.running.runtime import get_executor
from tools.web.answers import ERRORS, Problem

router = Router(auth=[may_look])


class Can(Schema):
    tools: bool
    forced_tool_choice: bool
    sampling: bool = Field(description="It takes a temperature.")
    efforts: list[str] = Field(description="Its words for how much it shall think; empty: it takes none.")
    parallel_calls: bool
    vision: bool
    signed_calls: bool = Field(description="It takes no call of the turn back without its maker's signature.")
    completion_tokens: bool
    context_tokens: int
    max_output_tokens: int


class DayBudget(Schema):
    usd: float | None = Field(description="Dollars a day; null: as much as it takes.")
    tokens: int | None
    spent_usd: float = Field(description="Today, by UTC.")
    spent_tokens: int
    resets_at: str


class HealthReason(Schema):
    points: int = Field(description="How many it takes from 100.")
    reason: str


class DeploymentHealth(Schema):
    score: int | None = Field(
        description="100 is well, 0 of no use; null: it is off, or was not asked for 15 minutes."
    )
    reasons: list[HealthReason]


class Provider(Schema):
    name: str = Field(description="By which it is asked, as a route of its own.")
    provider: str
    model: str
    api: str = Field(description="chat, responses, messages or generate.")
    capabilities: Can
    enabled: bool
    has_key: bool = Field(description="The key itself is told to nobody.")
    lacks: str | None = Field(description="Why it cannot be asked, in one sentence; null: it can.")
    breaker: str = Field(description="closed, open (it rests) or half_open (the next request probes it).")
    rest_s: float
    routes: list[str]
    shutdown_on: str | None = Field(description="The day on which the model ends, if one was announced.")
    ends_soon: bool = Field(description="Within 30 days, or already.")
    successor: str | None
    health: DeploymentHealth
    budget: DayBudget | None = Field(description="Null without the scope `read`.")


class RoutePlace(Schema):
    deployment: str
    rank: int = Field(description="The lowest is asked first.")
    weight: float
    rate: str | None


class ModelRoute(Schema):
    name: str
    deployments: list[RoutePlace]


class Providers(Schema):
    deployments: list[Provider]
    routes: list[ModelRoute]


@router.get("/providers", response={200: Providers, ERRORS: Problem})
async def list_providers(request: ApiRequest) -> Any:
    """The deployments that models are asked at, how each stands now, and the routes that lead there."""
    # Loaded by the first who asks: a server that asks no model does without.
    from tools.llm.providers import live
    from tools.llm.providers.lately import calls_lately
    from tools.llm.providers.score import score_of
    from tools.llm.providers.status import statuses

    snapshot = live.current()
    today, with_money = datetime.now(UTC).date(), request.auth.may(Scope.READ)
    found = await statuses(snapshot, get_executor().state)
    lately = await database_sync_to_async(calls_lately, thread_sensitive=False)(snapshot)
    deployments = [
        status.as_dict(today, with_money=with_money) | {"health": score_of(status, lately, today).as_dict()}
        for status in found
    ]
    routes = [
        {
            "name": name,
            "deployments": [
                {
                    "deployment": entry.deployment.name,
                    "rank": entry.rank,
                    "weight": entry.weight,
                    "rate": str(entry.rate) if entry.rate else None,
                }
                for entry in entries
            ],
        }
        for name, entries in snapshot.routes.items()
    ]
    return answer({"deployments": deployments, "routes": routes})
