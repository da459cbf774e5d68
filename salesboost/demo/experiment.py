"""The demonstration's experiment: whether a shorter prompt does the same for less. Queries."""

from django.db import transaction

from salesboost.demo.prompts import WHO
from tools.llm.experiments import planning, running
from tools.llm.experiments.models import Experiment
from tools.llm.experiments.plan import ArmPlan, Guardrail, Plan, Step
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import PRODUCTION, STAGING, Prompt
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import Draft, write

# Not among the prompts that go bad: each move of a label would end the run.
PROMPT, NAME = "research", "shorter-research"
PURPOSE = "Finds facts for a sales person: what the handbook says, what competitors do, what may be said."
LONG = """
You find facts for a sales person who talks with {{customer}}. What you find is read on a call, so it has to be
right, short and of today.

Look up in the handbook what our own rules and products are. Take what you say of competitors from the
competitor analysis alone, with its source and its date, and leave out what has none. Have the compliance check
read every sentence that is to be said to the customer, and give back what it corrects.

Call one tool at a time, and the one that the question is about. Where a tool fails, say that it did, and what
can be done without it. Do not fill a gap with what you suppose: a wrong figure costs more than none.

Say first what was asked for, then where it is from. Where two sources differ, name both. Where nothing was
found, say so in one sentence.
"""
SHORT = """
Find facts for a call with {{customer}}, with tools alone. Say what was asked for and where it is from; say
where a tool failed or nothing was found.
"""
# Decided within a quarter of an hour, so that it is seen; in earnest it would be a week at least.
PLAN = Plan(
    arms=[ArmPlan("as-is", 1), ArmPlan("shorter", 2)],
    metric="cost_per_success",
    margin=0.05,
    minimum_units=150,
    minimum_days=0,
    window_minutes=2,
    guardrails=(Guardrail("success", 0.05),),
    ramp=(Step(1.0),),
)


def ensure_experiment() -> bool:
    """Make and start it where its prompt is not there yet; whether that was done. What is there stays."""
    if Prompt.objects.filter(name=PROMPT).exists() or Experiment.objects.filter(name=NAME).exists():
        return False
    with transaction.atomic():
        prompt = Prompt.objects.create(name=PROMPT, purpose=PURPOSE)
        first = write(prompt, said(LONG, "as it is"), WHO)
        write(prompt, said(SHORT, "a fifth as long"), WHO)
        for label in prompt.labels.filter(name__in=(PRODUCTION, STAGING)):
            move(label, first, by=WHO, reason="of the demonstration")
        run = planning.new(NAME, prompt, PLAN, by=WHO, purpose="Whether a shorter prompt does the same for less")
        running.start(run, by=WHO, reason="so that there is one to be looked at")
    return True


def said(text: str, note: str) -> Draft:
    customer = Variable(name="customer", what="The customer whom the call is with, as the CRM names it")
    # No variant for other families: all of them are told the same.
    return Draft(variants={(Family.DETAILED, Rung.DETAILED): text.strip()}, variables=[customer], note=note)
