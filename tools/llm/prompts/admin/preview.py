"""A version as models would be sent it: each family at each rung, with typed values or the defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tools.definition.tool import ToolDefinition
from tools.llm.counting.rates import tokens_of
from tools.llm.prompts.admin.describing import in_tools
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.families import Family, Rung, chosen, family_of, named
from tools.llm.prompts.rendering import Version
from tools.llm.providers.addresses import LOCAL

# Whose tokens and prices a family's texts are shown with where no deployment has a model of it.
MODELS: Mapping[Family, Sequence[tuple[str, str]]] = {
    Family.DETAILED: (("openai", "gpt-6-sol"), ("anthropic", "claude-sonnet-5-5")),
    Family.STRUCTURED: (("groq", "openai/gpt-oss-120b"), ("xai", "grok-4.7")),
    Family.BRIEF: (("gemini", "gemini-3.8-flash"),),
}
MOST_MODELS = 4  # of a family


@dataclass(frozen=True, slots=True)
class Costs:
    """What a text is for a vendor's model: tokens, about, and US dollars each time; None where nobody knows."""

    model: str
    tokens: int
    usd: Decimal | None

    @property
    def per_thousand(self) -> Decimal | None:
        """US dollars of a thousand calls: of one there would be zeros to count."""
        return None if self.usd is None else self.usd * 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a family is sent at a rung: a text, or why there is none. ``fallback`` is the variant sent instead."""

    of: str
    fallback: str = ""
    text: str = ""
    chars: int = 0
    costs: Sequence[Costs] = ()
    cut: str = ""
    tool: str = ""  # of a text that describes a tool: the tool as it is offered, as JSON
    error: str = ""


def previews(
    version: Version,
    typed: Mapping[str, str],
    most_tokens: int | None = None,
    tool: ToolDefinition[..., Any] | None = None,
) -> list[Shown]:
    """In the order of families and rungs. *tool* is the one that the version describes."""
    given = {one.name: typed.get(one.name) or default_of(one.name, one.required) for one in version.variables}
    models = models_asked()
    found = []
    for family in Family:
        for rung in Rung:
            shown = preview(version, family, rung, given, most_tokens)
            if shown.text:
                costs = [costs_of(shown.text, provider, model) for provider, model in models[family]]
                shown = replace(shown, costs=costs, tool=in_tools(tool, shown.text) if tool else "")
            found.append(shown)
    return found


def models_asked() -> Mapping[Family, Sequence[tuple[str, str]]]:
    """Provider and model of what there is to ask, by family; of a family without any, the models of MODELS."""
    from tools.llm.providers import live  # with all that calls models, which no other page needs

    there = {(known.deployment.provider, known.deployment.model): None for known in live.deployments()}
    found: dict[Family, list[tuple[str, str]]] = {family: [] for family in Family}
    for provider, model in there:
        if provider != LOCAL and len(found[family_of(model)]) < MOST_MODELS:
            found[family_of(model)].append((provider, model))
    return {family: models or MODELS[family] for family, models in found.items()}


def default_of(name: str, required: bool) -> str | None:
    """What stands for a variable that nobody typed: its own name, where it has no default."""
    return f"{{{{{name}}}}}" if required else None


def preview(
    version: Version, family: Family, rung: Rung, given: Mapping[str, str | None], most_tokens: int | None
) -> Shown:
    of = named((family, rung))
    try:
        key = chosen(version.texts, family, rung)
        if key != (family, rung):
            return Shown(of=of, fallback=named(key))
        sent = version.rendered(family, rung, given, most_tokens)
    except PromptError as error:
        return Shown(of=of, error=str(error))
    cut = ", ".join(f"{name} lost {chars:,} characters" for name, chars in sent.left_out.items())
    return Shown(of=of, text=sent.text, chars=len(sent.text), cut=cut)


def costs_of(text: str, provider: str, model: str) -> Costs:
    from tools.llm.adapters.base import Usage  # with all adapters, which no other page needs
    from tools.llm.pricing import usd

    tokens = tokens_of(text, model)
    return Costs(model, tokens, usd(provider, model, Usage(tokens, 0)))
