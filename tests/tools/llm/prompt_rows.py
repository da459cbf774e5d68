"""Prompts to try things on."""

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


def plain_draft(text):
    """A text without variables, for every model."""
    return Draft(variants={(Family.DETAILED, Rung.DETAILED): text})


def a_prompt(name="greeting", versions=2, **labels):
    """Stored: its versions say their numbers, and each of *labels* points at the version of that number."""
    prompt = Prompt.objects.create(name=name, purpose="Answers a customer.")
    written = [
        write(prompt, a_draft(f"Number {number + 1}: {{{{customer}}}}, {{{{notes}}}}"), "ann")
        for number in range(versions)
    ]
    for label, number in labels.items():
        move(prompt.labels.get(name=label), written[number - 1], by="ann", reason="made so")
    return prompt
