"""The text of a variant: ``{{name}}`` is a variable, ``{{{{`` are two braces, and that is all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.llm.prompts.errors import BadPrompt

NAME = r"[a-z][a-z0-9_]{0,59}"
_PIECE = re.compile(rf"(?P<braces>\{{\{{\{{\{{)|\{{\{{ *(?P<name>{NAME}) *\}}\}}|(?P<wrong>\{{\{{)")


@dataclass(frozen=True, slots=True)
class Template:
    """A text in pieces: ``literals`` with the variable of ``names`` between each two."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with *values*, which are put in as they are: braces in them mean nothing."""
        pieces = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            pieces += (values[name], literal)
        return "".join(pieces)


def read(text: str) -> Template:
    """*text* in pieces. Raises BadPrompt for braces that are neither a variable nor written twice."""
    literals, names, at = [""], list[str](), 0
    for found in _PIECE.finditer(text):
        literals[-1] += text[at : found.start()]
        at = found.end()
        if found["wrong"]:
            line = text.count("\n", 0, found.start()) + 1
            said = text[found.start() : found.start() + 20].partition("\n")[0]
            raise BadPrompt(
                f"Line {line} has {said!r}, which is no variable: write {{{{name}}}} in small letters, "
                "digits and _, or {{{{ for two braces."
            )
        if found["name"]:
            names.append(found["name"])
            literals.append("")
        else:
            literals[-1] += "{{"
    literals[-1] += text[at:]
    return Template(tuple(literals), tuple(names))
