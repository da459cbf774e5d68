"""Models, deployments and routes to try things on."""

from datetime import date

import pytest

from tools.llm.providers.models import Deployment, Model, Route, RouteEntry

TODAY = date(2026, 12, 1)


def a_model(name="gpt-6-sol", provider="openai", api="responses", **about):
    fields = {"source": "the vendor's page", "checked_on": TODAY, **about}
    made, _ = Model.objects.get_or_create(provider=provider, name=name, api=api, defaults=fields)
    return made


def a_deployment(name="sol", model=None, **about):
    fields = {"base_url": "https://api.openai.com/v1", "key": "sk-secret-of-ours", **about}
    return Deployment(name=name, model=model or a_model(), **fields)


@pytest.fixture
def make_model(db):
    return a_model


@pytest.fixture
def make_deployment(db):
    """``make_deployment(name, model=None, **fields)``: stored."""

    def made(name="sol", model=None, **about):
        deployment = a_deployment(name, model, **about)
        deployment.save()
        return deployment

    return made


@pytest.fixture
def make_route(db):
    """``make_route(name, deployment, …, **fields of its entries)``: in ranks, the first first."""

    def made(name, *deployments, **about):
        route = Route.objects.create(name=name)
        for rank, deployment in enumerate(deployments):
            RouteEntry.objects.create(**{"route": route, "deployment": deployment, "rank": rank, **about})
        return route

    return made
