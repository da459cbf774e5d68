"""The demonstration's group of choice: who of three models is asked, by how their turns went. Queries."""

from salesboost.demo.deployments import PREFIX
from tools.selection.models import SelectionGroup

NAME = "who-answers"
MEMBERS = [f"{PREFIX}{vendor}" for vendor in ("openai", "anthropic", "groq")]


def ensure_group() -> bool:
    """Make it where there is none of its name or of its members; whether that was done. What is there stays."""
    taken = SelectionGroup.objects.filter(kind="deployment", members__overlap=MEMBERS)
    if taken.exists() or SelectionGroup.objects.filter(name=NAME).exists():
        return False
    # An outage of a minute is to be seen within minutes, and forgiven within some more.
    SelectionGroup.objects.create(
        name=NAME, kind="deployment", members=MEMBERS, policy="thompson", half_life_h=0.1, latency_weight=0.1
    )
    return True
