"""The worse versions of the shipped prompts, which the demonstration promotes and rolls back.

What a person has done stays: a label that somebody else moved last is not touched. Queries.
"""

from django.db.models import QuerySet

from tools.llm.prompts.errors import Moved
from tools.llm.prompts.families import Rung
from tools.llm.prompts.labels import move, to_roll_back_to
from tools.llm.prompts.models import PRODUCTION, Label, Prompt, PromptVersion
from tools.llm.prompts.seed import BY, draft_of, shipped
from tools.llm.prompts.writing import Draft, write

WHO = "demonstration"
NOTE = "shorter; says how people write things (of the demonstration)"
# Each sounds sensible, and contradicts what the tools' schemas want. A model of the lab does what it is told.
RULES = {
    "coach": "Pass customer_id as the company's name, as people say it.",
    "sales": "Customers read what you write: write all dates in words.",
}
# The others lose their simpler variants, so that an incident is seen; this one goes down its ladder by itself.
KEEPS_ITS_LADDER = "sales"


def ensure_worse() -> list[str]:
    """Write the worse versions that there are not; names them. No label points at them yet."""
    without = [one for one in Prompt.objects.filter(name__in=RULES) if not worse_versions(one).exists()]
    return [str(write(prompt, worse(prompt.name), WHO)) for prompt in without]


def worse(name: str) -> Draft:
    """The shipped prompt *name* with its rule in the detailed variants."""
    good = draft_of(shipped()[name])
    variants = {key: f"{text}\n{RULES[name]}" for key, text in good.variants.items() if key[1] is Rung.DETAILED}
    if name == KEEPS_ITS_LADDER:
        variants = {**good.variants, **variants}
    return Draft(variants=variants, variables=good.variables, note=NOTE)


def promote(name: str) -> bool:
    """Put the worse version of *name* into production; whether that was done."""
    label = ours(name)
    version = worse_versions(label.prompt).first() if label else None
    return label is not None and version is not None and moved(label, version, "shorter and friendlier")


def roll_back(name: str) -> bool:
    """Put back what was in production before the worse version; whether that was done."""
    label = ours(name)
    if label is None or label.version is None or label.version not in worse_versions(label.prompt):
        return False
    before = to_roll_back_to(label)
    return before is not None and moved(label, before, "calls fail since the last change")


def ours(name: str) -> Label | None:
    """What is in production of the prompt *name*, unless a person has decided that."""
    label = Label.objects.select_related("prompt", "version").filter(prompt__name=name, name=PRODUCTION).first()
    last = label.moves.first() if label else None
    return label if last is not None and last.by in (BY, WHO) else None


def worse_versions(prompt: Prompt) -> QuerySet[PromptVersion]:
    return PromptVersion.objects.filter(prompt=prompt, author=WHO, note=NOTE)


def moved(label: Label, version: PromptVersion, reason: str) -> bool:
    """False where it points there already, or a person was faster."""
    if label.version_id == version.pk:
        return False
    try:
        move(label, version, by=WHO, reason=reason)
    except Moved:
        return False
    return True
