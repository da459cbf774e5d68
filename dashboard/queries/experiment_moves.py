"""What was decided of experiments in a period, as moves of what is told: for the lanes under the chart."""

from dashboard.addresses.periods import Window
from dashboard.queries.prompt_moves import MOST, PromptMove
from dashboard.wording import formats
from tools.llm.experiments.kinds import SubjectKind
from tools.llm.experiments.models import Action, Entry, Run, State

# Whoever sees calls sees that arms were given out; who decided it and why is for those who may see experiments.
ON_ITS_PAGE = "the experiment's page says who and why"
DONE = {
    Action.STARTED: "experiment started with {share} of all units",
    Action.WIDENED: "experiment on to the next step of its ramp",
    Action.STOPPED: "experiment stopped",
    Action.PROMOTED: "experiment ended: {arm} is live",
    Action.UNDONE: "experiment: the last decision taken back",
}


def moves_in(window: Window) -> list[PromptMove]:
    """The newest of the period, the newest first."""
    within = {"at__gte": window.start, "at__lt": window.end, "action__in": list(DONE)}
    entries = Entry.objects.filter(**within).select_related("run__experiment").order_by("-at", "-id")
    return [of_entry(entry) for entry in entries[:MOST]]


def of_entry(entry: Entry) -> PromptMove:
    share = entry.run.ramp[0]["share"] if entry.run.ramp else 1.0
    about = {"share": formats.percent(share, 0), "arm": entry.evidence.get("arm", "")}
    what = f"{entry.run} of {entry.run.subject}"
    return PromptMove(entry.at, what, DONE[Action(entry.action)].format(**about), ON_ITS_PAGE)


def running_on(prompt: str) -> Run | None:
    """The run that gives out arms of *prompt* now. One query."""
    runs = Run.objects.filter(kind=SubjectKind.PROMPT, subject=prompt, state=State.RUNNING)
    return runs.select_related("experiment").first()
