"""Deployments of a provider lab, as values: nothing of them is in the database."""

from salesboost.demo.deployments import KEY, MODELS, PREFIX
from salesboost.lab import Lab
from tools.llm.calling import Deployment
from tools.llm.providers.models import Model
from tools.llm.providers.reading import capabilities_of
from tools.llm.providers.seed import shipped

VENDORS = tuple(MODELS)
TIMEOUT_S = 10.0


def no_vendor(name: str) -> str:
    return f"The lab has no vendor {name!r}: there are {', '.join(VENDORS)}."


def deployment(lab: Lab, vendor: str, *, name: str = "", timeout_s: float = TIMEOUT_S) -> Deployment:
    """*vendor*'s model in the *lab*, with what it can by the list of models that ships.

    Raises ValueError for a vendor that is none of ``VENDORS``.
    """
    if vendor not in MODELS:
        raise ValueError(no_vendor(vendor))
    model, api, _ = MODELS[vendor]
    wanted = (vendor, model, api)
    row = next(row for row in shipped() if (row["provider"], row["name"], row["api"]) == wanted)
    return Deployment(
        name=name or PREFIX + vendor,
        provider=vendor,
        model=model,
        base_url=lab.url(vendor),
        key=KEY,
        can=capabilities_of(Model(**row)),
        timeout_s=timeout_s,
        first_token_timeout_s=timeout_s,
    )
