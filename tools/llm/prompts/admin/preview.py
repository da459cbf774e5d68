"""A version as models would be sent it: each family at each rung, with typed values or the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.llm.prompts.budget import tokens_of
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.families import Family, Rung, chosen, named
from tools.llm.prompts.rendering import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a family is sent at a rung: a text, or why there is none. ``fallback`` is the variant sent instead."""

    of: str
    fallback: str = ""
    text: str = ""
    chars: int = 0
    tokens: int = 0
    cut: str = ""
    error: str = ""


def previews(version: Version, typed: Mapping[str, str], most_tokens: int | None = None) -> list[Shown]:
    """In the order of families and rungs."""
    given = {one.name: typed.get(one.name) or default_of(one.name, one.required) for one in version.variables}
    return [preview(version, family, rung, given, most_tokens) for family in Family for rung in Rung]


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
    return Shown(of=of, text=sent.text, chars=len(sent.text), tokens=tokens_of(sent.text), cut=cut)
