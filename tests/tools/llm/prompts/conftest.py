"""Prompts to try things on."""

import pytest

from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import Draft, write

CUSTOMER = Variable(name="customer", what="Who is answered")
NOTES = Variable(name="notes", what="What is known", required=False, default="nothing", may_be_cut=True)


def a_draft(text="You answer {{customer}}. Known: {{notes}}", **about):
    variants = {
        (Family.DETAILED, Rung.DETAILED): text,
        (Family.BRIEF, Rung.SIMPLE): "Answer {{customer}}. Known: {{notes}}",
    }
    return Draft(**({"variants": variants, "variables": (CUSTOMER, NOTES), "note": "tried"} | about))


@pytest.fixture
def make_prompt(db):
    """``make_prompt(name, versions, production=1, staging=2)``: a prompt whose versions say their numbers."""

    def made(name="greeting", versions=2, **labels):
        prompt = Prompt.objects.create(name=name, purpose="Answers a customer.")
        written = [
            write(prompt, a_draft(f"Number {number + 1}: {{{{customer}}}}, {{{{notes}}}}"), "ann")
            for number in range(versions)
        ]
        for label, number in labels.items():
            move(prompt.labels.get(name=label), written[number - 1], by="ann", reason="made so")
        return prompt

    return made


@pytest.fixture
def draft():
    return a_draft
