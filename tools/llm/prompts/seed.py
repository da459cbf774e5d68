"""The prompts that ship, from ``prompts.toml`` into the database."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from tools.llm.prompts.families import Family, Key, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import PRODUCTION, STAGING, Prompt
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import Draft, write

PROMPTS = Path(__file__).with_name("prompts.toml")
BY = "SalesBoost"


def seed() -> list[str]:
    """Make the shipped prompts that there are not, live in version 1; names them. What is there stays."""
    there = set(Prompt.objects.values_list("name", flat=True))
    made = []
    for name, row in shipped().items():
        if name not in there:
            with transaction.atomic():
                prompt = Prompt.objects.create(name=name, purpose=row["purpose"])
                version = write(prompt, draft_of(row), BY)
                for label in prompt.labels.filter(name__in=(PRODUCTION, STAGING)):
                    move(label, version, by=BY, reason="as it ships")
            made.append(name)
    return made


def shipped() -> dict[str, Any]:
    """The rows of ``prompts.toml`` by name."""
    return tomllib.loads(PROMPTS.read_text(encoding="utf-8"))


def draft_of(row: dict[str, Any]) -> Draft:
    variants: dict[Key, str] = {
        (Family(family), Rung(rung)): text.strip()
        for family, rungs in row["variants"].items()
        for rung, text in rungs.items()
    }
    return Draft(variants=variants, variables=[Variable(**one) for one in row["variables"]], note="as it ships")
