"""The models that are known when an installation begins, and a deployment that needs no key."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from tools.llm.providers.addresses import LOCAL, LOCAL_ADDRESS
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry

MODELS = Path(__file__).with_name("models.toml")
ECHO, DEFAULT = "echo", "default"


def seed() -> list[str]:
    """Make the rows that there are not, and name them. What is there stays as it is.

    Deployment and route are for an installation that has none: who has thrown them away does not get them back.
    """
    with transaction.atomic():
        made = [str(row) for row in map(_ensured, shipped()) if row is not None]
        if not Deployment.objects.exists():
            model = Model.objects.get(provider=LOCAL, name=ECHO)
            echo = Deployment.objects.create(name=ECHO, model=model, base_url=LOCAL_ADDRESS)
            made.append(f"deployment {echo}")
            if not Route.objects.exists():
                route = Route.objects.create(name=DEFAULT)
                RouteEntry.objects.create(route=route, deployment=echo)
                made.append(f"route {route}")
    return made


def _ensured(row: dict[str, Any]) -> Model | None:
    """The model of *row*, if it had to be made."""
    key = {name: row[name] for name in ("provider", "name", "api")}
    if Model.objects.filter(**key).exists():
        return None
    return Model.objects.create(**row)


def shipped() -> list[dict[str, Any]]:
    """The rows of ``models.toml``: what holds for a group stands before its models."""
    groups = tomllib.loads(MODELS.read_text(encoding="utf-8"))["group"]
    return [
        {**{name: value for name, value in group.items() if name != "models"}, **model}
        for group in groups
        for model in group["models"]
    ]
