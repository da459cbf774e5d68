"""New versions: what makes a draft one, and how it gets its number."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from re import fullmatch

from django.db import transaction
from django.db.models import Max

from tools.llm.prompts.errors import BadPrompt
from tools.llm.prompts.families import Family, Key, Rung, named
from tools.llm.prompts.models import Prompt, PromptVersion, Variant
from tools.llm.prompts.text import NAME, read
from tools.llm.prompts.variables import Variable, listed

MOST_LINES_OF_BRIEF = 5
MOST_CHARS = 60_000  # of one variant
MOST_VARIABLES = 60
MOST_VARIABLE_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to become a version."""

    variants: Mapping[Key, str]
    variables: Sequence[Variable] = ()
    note: str = ""


def faults(draft: Draft) -> list[str]:
    """Why *draft* is no version, a sentence each."""
    return [*_of_variants(draft), *_of_variables(draft), *_of_uses(draft)]


def _of_variants(draft: Draft) -> Iterator[str]:
    if not any(rung is Rung.DETAILED for _, rung in draft.variants):
        yield "A version needs at least one variant of the rung detailed: what all others fall back to."
    for key, text in draft.variants.items():
        if not text.strip():
            yield f"The variant {named(key)} is empty."
        if "\0" in text:
            yield f"The variant {named(key)} has a character that cannot be stored (NUL)."
        if len(text) > MOST_CHARS:
            yield f"The variant {named(key)} has {len(text):,} characters, and may have {MOST_CHARS:,}."
        lines = len(text.strip().splitlines())
        if key[0] is Family.BRIEF and lines > MOST_LINES_OF_BRIEF:
            yield f"A brief variant has at most five lines, and {named(key)} has {lines}."


def _of_variables(draft: Draft) -> Iterator[str]:
    declared = Counter(variable.name for variable in draft.variables)
    if twice := [name for name, times in declared.items() if times > 1]:
        yield f"Declared more than once: {listed(twice)}."
    if odd := [name for name in declared if not fullmatch(NAME, name)]:
        yield f"A variable's name has small letters, digits and _, a letter first, and not: {listed(odd)}."
    if len(declared) > MOST_VARIABLES:
        yield f"A version has at most {MOST_VARIABLES} variables."
    for variable in draft.variables:
        yield from _of_variable(variable)


def _of_variable(variable: Variable) -> Iterator[str]:
    if variable.required and variable.default:
        yield f"{variable.name} is required and has a default: one of the two is too many."
    if max(len(variable.what), len(variable.default)) > MOST_VARIABLE_CHARS:
        yield f"{variable.name} is described by more than {MOST_VARIABLE_CHARS:,} characters."
    if "\0" in variable.what + variable.default:
        yield f"{variable.name} has a character that cannot be stored (NUL)."


def _of_uses(draft: Draft) -> Iterator[str]:
    """What texts use and nobody declared, and the other way round."""
    declared = {variable.name for variable in draft.variables}
    used: set[str] = set()
    for key, text in draft.variants.items():
        try:
            names = set(read(text).names)
        except BadPrompt as error:
            yield f"{named(key)}: {error}"
            return
        used |= names
        if undeclared := names - declared:
            yield f"{named(key)} uses {listed(undeclared)}, which nobody declared."
    if unused := declared - used:
        yield f"No variant uses {listed(unused)}."


def write(prompt: Prompt, draft: Draft, author: str) -> PromptVersion:
    """Store *draft* as the next version of *prompt*; no label points at it yet. Raises BadPrompt."""
    if wrong := faults(draft):
        raise BadPrompt(" ".join(wrong))
    with transaction.atomic():
        Prompt.objects.select_for_update().get(pk=prompt.pk)  # whoever writes at the same time has the next number
        newest = PromptVersion.objects.filter(prompt=prompt).aggregate(newest=Max("number"))["newest"]
        version = PromptVersion.objects.create(
            prompt=prompt,
            number=(newest or 0) + 1,
            author=author,
            note=draft.note,
            variables=[variable.as_json() for variable in draft.variables],
        )
        Variant.objects.bulk_create(
            Variant(version=version, family=family.value, rung=rung.value, text=text)
            for (family, rung), text in draft.variants.items()
        )
    return version
