"""The form of a plan: what has rows of its own is a line each, "label value weight"."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from tools.llm.experiments.faults import faults_at
from tools.llm.experiments.kinds import NOUNS, Subject, SubjectKind
from tools.llm.experiments.plan import RAMP, ArmPlan, Guardrail, Plan, Step
from tools.llm.experiments.statistics.metrics import METRICS
from tools.llm.experiments.subjects import KINDS
from tools.llm.experiments.units import UnitKind
from tools.llm.prompts.models import NAME, PRODUCTION

Made = TypeVar("Made")
METRIC_CHOICES = [(metric.name, metric.title) for metric in METRICS.values()]


class PlanForm(forms.Form):
    """A run. The first arm is what others are compared with."""

    arms = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        initial="as-is 1 1\nnew 2 1",
        help_text=(
            "An arm a line: its label; a version of the prompt, or the name of a deployment, a route or a tool; "
            "its weight. The first is compared with."
        ),
    )
    metric = forms.ChoiceField(choices=METRIC_CHOICES, widget=UnfoldAdminSelectWidget)
    margin = forms.FloatField(
        min_value=0,
        initial=0.02,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="A smaller difference is none: 0.02 is two points of a share, or 2 % of a time or cost.",
    )
    guardrails = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        initial="success 0.05",
        help_text=f"A metric ({', '.join(METRICS)}) and its margin a line: the run stops where an arm is worse.",
    )
    minimum_units = forms.IntegerField(
        min_value=1, initial=400, widget=UnfoldAdminIntegerFieldWidget, help_text="Of each arm."
    )
    minimum_days = forms.IntegerField(min_value=0, initial=7, widget=UnfoldAdminIntegerFieldWidget)
    window_minutes = forms.IntegerField(
        min_value=1,
        initial=60,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="A unit's calls count for so long after its exposure; then it is compared.",
    )
    ramp = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="A step a line: percent of all units, then the units and the hours before the next step.",
    )
    promotes_winner = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="The winner goes live by itself. Else nothing does but by an admin's hand.",
    )

    def __init__(self, data: Any = None, begin: Plan | None = None, **about: Any) -> None:
        about.setdefault("initial", initial_of(begin) if begin else {"ramp": written(steps_as(RAMP))})
        super().__init__(data, **about)

    def plan(self) -> Plan | None:
        """What was typed; None where it is no plan, which the form then says."""
        if not self.is_valid():
            return None
        typed = self.cleaned_data
        read: dict[str, Any] = {name: self._lines(name, reader) for name, reader in LINES.items()}
        if self.errors:
            return None
        plan = Plan(**(read | {name: typed[name] for name in SIMPLE}))
        for field, fault in list(faults_at(plan)):
            self.add_error(field, fault)
        return None if self.errors else plan

    def _lines(self, name: str, reader: Callable[[list[str]], Any]) -> tuple[Any, ...]:
        try:
            return tuple(lines(self.cleaned_data[name], reader))
        except ValueError as error:
            self.add_error(name, str(error))
            return ()


SIMPLE = ("metric", "margin", "minimum_units", "minimum_days", "window_minutes", "promotes_winner")


def subject_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """All that there is by kind: ``model:oss`` is the deployment of that name."""
    nouns = {kind: NOUNS[SubjectKind(kind)] for kind in KINDS}
    return [
        (f"{nouns[kind]}s", [(f"{kind}:{name}", f"{nouns[kind]} {name}") for name in of_kind.names()])
        for kind, of_kind in KINDS.items()
    ]


def subject_in(chosen: str) -> Subject:
    kind, _, name = chosen.partition(":")
    return Subject(SubjectKind(kind), name)


class NewForm(PlanForm):
    """An experiment and its first run."""

    name = forms.CharField(
        max_length=60, validators=[NAME], widget=UnfoldAdminTextInputWidget, help_text="By which spans tell of it."
    )
    purpose = forms.CharField(
        max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text="What it is to find out."
    )
    subject = forms.TypedChoiceField(
        choices=subject_choices,
        coerce=subject_in,
        widget=UnfoldAdminSelectWidget,
        help_text="Who would get it is given an arm instead. A prompt named tool-… is a tool's description.",
    )
    label = forms.CharField(
        max_length=40,
        initial=PRODUCTION,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of a prompt: who asks for it is in it.",
    )
    unit = forms.ChoiceField(
        choices=[(each.value, each.value) for each in UnitKind], widget=UnfoldAdminSelectWidget
    )
    field_order = ("name", "purpose", "subject", "label", "unit")


def lines(text: str, read: Callable[[list[str]], Made]) -> list[Made]:
    """Each line of *text* as *read* reads its words. Raises ValueError with a sentence."""
    return [read(line.split()) for line in text.splitlines() if line.strip()]


def arm_in(words: list[str]) -> ArmPlan:
    match words:
        case [label, value]:
            return ArmPlan(label, value)
        case [label, value, weight]:
            return ArmPlan(label, value, number(weight, "weight"))
    raise ValueError(f"An arm is a label, a version or a name, and a weight, and not: {' '.join(words)[:100]}")


def guardrail_in(words: list[str]) -> Guardrail:
    match words:
        case [metric, margin]:
            return Guardrail(metric, number(margin, "margin"))
    raise ValueError(f"A guardrail is a metric and a margin, and not: {' '.join(words)[:100]}")


def step_in(words: list[str]) -> Step:
    if not 1 <= len(words) <= 3:
        raise ValueError(f"A step is a percentage, units and hours, and not: {' '.join(words)[:100]}")
    percent, units, hours = [number(word.rstrip("%"), "step") for word in (*words, "0", "0")[:3]]
    if not units.is_integer():
        raise ValueError(f"A step has whole units, and not {units:g}.")
    return Step(percent / 100, int(units), hours)


def number(word: str, what: str) -> float:
    try:
        found = float(word)
    except ValueError:
        raise ValueError(f"A {what} is a number, and not {word[:50]!r}.") from None
    if not abs(found) <= 1e9:
        raise ValueError(f"A {what} is a number, and not {word[:50]!r}.")
    return found


LINES: dict[str, Callable[[list[str]], Any]] = {"arms": arm_in, "guardrails": guardrail_in, "ramp": step_in}


def initial_of(plan: Plan) -> dict[str, Any]:
    return {
        **{name: getattr(plan, name) for name in SIMPLE},
        "arms": written((arm.label, arm.value, f"{arm.weight:g}") for arm in plan.arms),
        "guardrails": written((each.metric, f"{each.margin:g}") for each in plan.guardrails),
        "ramp": written(steps_as(plan.ramp)),
    }


def steps_as(steps: Iterable[Step]) -> list[tuple[object, ...]]:
    return [(f"{step.share * 100:g}", step.minimum_units, f"{step.minimum_hours:g}") for step in steps]


def written(rows: Iterable[Iterable[object]]) -> str:
    return "\n".join(" ".join(str(word) for word in row) for row in rows)
