"""Candidates are written: from what models got wrong with the live version, and where it went down its ladder."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from tools.llm.adjusting.models import RungMove, RungStanding
from tools.llm.evolution import rules
from tools.llm.evolution.mistakes import Counted, Mistake, map_of
from tools.llm.evolution.models import Candidate, Deed, Evolution
from tools.llm.evolution.proposals import Lower, Proposal, by_ladder, by_mistakes
from tools.llm.prompts.families import Rung, family_of
from tools.llm.prompts.models import PRODUCTION, Prompt, PromptVersion
from tools.llm.prompts.writing import Draft, faults, write
from tools.running.runtime import get_executor

BY = "evolution"
Read = Callable[[str, datetime], Sequence[Counted]]


def propose_all(now: datetime) -> list[Candidate]:
    """For each prompt for which that is allowed."""
    allowed = Evolution.objects.filter(proposes=True).select_related("prompt")
    return [candidate for each in allowed for candidate in propose(each.prompt, now, by=BY)]


def propose(prompt: Prompt, now: datetime, *, by: str) -> list[Candidate]:
    """Drafts for what is live of *prompt*; one of each kind at most, and none that was proposed before."""
    label = prompt.labels.select_related("version__prompt").filter(name=PRODUCTION).first()
    if label is None or label.version is None:
        return []
    base: PromptVersion = label.version
    plain = base.plain()
    found = (by_mistakes(plain, mistakes_of(base, now), rule_of), by_ladder(plain, lower_of(base)))
    return [made for proposal in found if proposal and (made := written(base, proposal, by))]


def mistakes_of(base: PromptVersion, now: datetime) -> list[Mistake]:
    """What models got wrong with *base*, in the last week. Two queries."""
    read: Read = import_string(settings.ARGUMENT_MISTAKES)
    return map_of(read(str(base), now))


def rule_of(mistake: Mistake) -> str:
    """What is to be said about it; '' for a tool that is not registered here."""
    registry = get_executor().registry
    if mistake.tool not in registry:
        return ""
    return rules.rule(mistake.tool, registry.get(mistake.tool).schema.parameters, mistake.field)


def lower_of(base: PromptVersion) -> list[Lower]:
    """The deployments that are asked at a simpler rung of *base* now. Two queries."""
    from tools.llm.providers import live as providers  # what asks models, which no page needs

    standings = RungStanding.objects.filter(prompt=str(base)).exclude(rung=Rung.DETAILED.value)
    models = {known.name: known.deployment.model for known in providers.deployments()}
    found = []
    for standing in standings:
        model = models.get(standing.deployment)
        move = RungMove.objects.filter(prompt=standing.prompt, deployment=standing.deployment).first()
        if model is not None and move is not None:
            found.append(Lower(family_of(model), standing.deployment, Rung(standing.rung), move.reason))
    return found


def written(base: PromptVersion, proposal: Proposal, by: str) -> Candidate | None:
    """The draft and its line in the ledger; None where it was proposed before, or would be no version."""
    draft = Draft(
        variants=proposal.variants, variables=base.declared(), note=f"{proposal.kind}: {proposal.why}"[:300]
    )
    digest = digest_of(proposal)
    if faults(draft) or Candidate.objects.filter(prompt=base.prompt, digest=digest).exists():
        return None
    with transaction.atomic():
        version = write(base.prompt, draft, BY)
        candidate = Candidate.objects.create(
            prompt=base.prompt,
            base=base,
            version=version,
            number=version.number,
            kind=proposal.kind,
            why=proposal.why[:300],
            evidence=proposal.evidence,
            digest=digest,
        )
        Deed.objects.create(
            candidate=candidate,
            action=Deed.Action.PROPOSED,
            by=by,
            reason=candidate.why,
            evidence=proposal.evidence,
        )
    return candidate


def digest_of(proposal: Proposal) -> str:
    texts = sorted((family.value, rung.value, text) for (family, rung), text in proposal.variants.items())
    return sha256(json.dumps(texts).encode()).hexdigest()
