"""What a docstring says of a function and its parameters, or of a class and its attributes.

Google, NumPy and Sphinx style are told apart by the library; attributes may also be documented by a string below
each of them.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import docstring_parser
from docstring_parser.common import DocstringParam


@dataclass(frozen=True, slots=True)
class Documented:
    """A description without its sections, and the text of each parameter or attribute, by name."""

    description: str
    attributes: Mapping[str, str]


def document_function(function: Any) -> Documented:
    """What the docstring of *function* says."""
    found = docstring_parser.parse(inspect.getdoc(function) or "")
    examples = [text for example in found.examples if (text := _example(example))]
    parts = [(found.description or "").strip(), *examples]
    return Documented("\n\n".join(part for part in parts if part), _texts(found.params))


@lru_cache(maxsize=1024)
def document_class(cls: type) -> Documented:
    """What the docstrings of *cls* and its bases say; a class's own word counts before that of a base."""
    attributes: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if one.__module__ in ("builtins", "typing", "typing_extensions", "pydantic.main"):
            continue
        attributes |= _texts(_params_of(one))
    own = docstring_parser.parse(inspect.cleandoc(cls.__dict__.get("__doc__") or ""))
    return Documented((own.description or "").strip(), attributes)


def _params_of(cls: type) -> list[DocstringParam]:
    try:
        return docstring_parser.parse_from_object(cls).params
    except (OSError, TypeError, SyntaxError):  # no source to read strings below attributes from
        return docstring_parser.parse(cls.__doc__ or "").params


def _texts(params: Iterable[DocstringParam]) -> dict[str, str]:
    """Texts by name. NumPy style may describe several names at once: ``x, y : int``."""
    return {
        name.strip().lstrip("*"): _flowing(param.description)
        for param in params
        if param.description
        for name in param.arg_name.split(",")
    }


def _example(example: Any) -> str:
    text = "\n".join(part for part in (example.snippet, example.description) if part).strip()
    return f"Example:\n{text}" if text else ""


def _flowing(text: str) -> str:
    """*text* with the line breaks of its source taken out; paragraphs and lists stay."""
    return re.sub(r"[ \t]*\n(?!\s*(?:\n|[-*•]\s|\d+[.)]\s))(?<!\n\n)[ \t]*", " ", text.strip())
