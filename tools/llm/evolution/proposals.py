"""What a version could say instead: candidates, each with the reason for it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.llm.evolution.mistakes import Mistake, of_family
from tools.llm.prompts.families import Family, Key, Rung, chosen
from tools.llm.prompts.rendering import Version

# More rules than this at once, and nobody can say which of them helped.
MOST_RULES = 4
ARGUMENTS, LADDER, OPTIMISER = "arguments", "ladder", "optimiser"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Texts of a new version; ``why`` in a sentence, with its evidence."""

    kind: str
    variants: Mapping[Key, str]
    why: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lower:
    """That models of *family* are asked at *rung* by *deployment*, as the whole text leads to wrong calls."""

    family: Family
    deployment: str
    rung: Rung
    reason: str

    def as_json(self) -> dict[str, str]:
        where = {"family": self.family.value, "deployment": self.deployment}
        return {**where, "rung": self.rung.value, "reason": self.reason}


def by_mistakes(base: Version, mistakes: Sequence[Mistake], rule: Callable[[Mistake], str]) -> Proposal | None:
    """*base* with a sentence more for each argument that goes wrong, in the families that get it wrong."""
    variants, used = dict(base.texts), list[Mistake]()
    for family in Family:
        rules: dict[str, Mistake] = {}
        for mistake in of_family(mistakes, family):
            if sentence := rule(mistake):
                rules.setdefault(sentence, mistake)
        key = chosen(base.texts, family, Rung.DETAILED)
        new = {said: mistake for said, mistake in rules.items() if said not in base.texts[key]}
        added = dict(list(new.items())[:MOST_RULES])
        if added:
            # Of its own, where it had fallen back to another's: the others are not to be told.
            variants[family, Rung.DETAILED] = with_rules(base.texts[key], family, list(added))
            used += added.values()
    if not used:
        return None
    worst = max(used, key=lambda mistake: mistake.wrong)
    more = f", and {len(used) - 1} more" if len(used) > 1 else ""
    evidence = {"mistakes": [mistake.as_json() for mistake in used]}
    return Proposal(ARGUMENTS, variants, f"{worst}{more}", evidence)


def with_rules(text: str, family: Family, rules: Sequence[str]) -> str:
    """*text* and *rules*, one a line; behind the last line where lines are few."""
    between = " " if family is Family.BRIEF else "\n"
    return text.rstrip() + between + between.join(rules)


def by_ladder(base: Version, lower: Iterable[Lower]) -> Proposal | None:
    """*base* with the simpler text as the whole one, in the families whose models needed it."""
    variants, used = dict(base.texts), list[Lower]()
    for each in lower:
        simpler = base.texts[chosen(base.texts, each.family, each.rung)]
        if simpler != variants.get((each.family, Rung.DETAILED)):
            variants[each.family, Rung.DETAILED] = simpler
            used.append(each)
    if not used:
        return None
    why = f"{used[0].deployment} needed the rung {used[0].rung.value}: {used[0].reason}"
    told = [
        {
            "family": each.family.value,
            "deployment": each.deployment,
            "rung": each.rung.value,
            "reason": each.reason,
        }
        for each in used
    ]
    return Proposal(LADDER, variants, why, {"lower": told})
