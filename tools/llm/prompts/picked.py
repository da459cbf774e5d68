"""What a prompt says to somebody in particular, whatever its label points at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.llm.prompts.families import Key, Rung, family_of
from tools.llm.prompts.rendering import Rendered, Version


@dataclass(frozen=True, slots=True)
class Picked:
    """A version, ``coach@3``; with *key* one of its variants, for all models and at any rung."""

    name: str
    version: Version
    key: Key | None = None

    def rendered(self, model: str, rung: Rung, variables: Mapping[str, object]) -> Rendered:
        """Raises CannotRender."""
        family, rung = self.key or (family_of(model), rung)
        return self.version.rendered(family, rung, variables)
