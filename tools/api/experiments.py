"""Experiments over REST, and what users thought of conversations."""

from typing import Annotated, Any, ClassVar

from asgiref.sync import sync_to_async
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from tools.api.rest import ApiRequest, KeyOrLogin, answer, may_execute
from tools.models import Scope
from tools.web.answers import ERRORS, Problem
from tools.web.bodies import Short, describe, read_body

may_see = KeyOrLogin(Scope.READ, permission="experiments.view_experiment")
router = Router()


class ListedArm(Schema):
    label: str
    weight: float
    value: str = Field(description="A version's number, or the name of a deployment, a route or a tool.")


class ListedExperiment(Schema):
    name: str
    kind: str = Field(description="prompt, model, route or tool.")
    subject: str = Field(description="The prompt, deployment, route or tool: who would get it is in it.")
    label: str = Field(description="Of a prompt: who asks for it is in it; empty for all else.")
    unit: str = Field(description="conversation or user.")
    state: str = Field(description="Of the newest run: draft, running, stopped or promoted.")
    run: int | None
    share: float | None = Field(description="Of all units, those that are in it now.")
    arms: list[ListedArm]


class Experiments(Schema):
    experiments: list[ListedExperiment]


class SentText(Schema):
    version: str = Field(description="Of a prompt, such as coach@2; else the arm's value.")
    sha256: str = Field(description="Of what was sent: a text, or as `said` has it.")
    units: int


class SentArm(ListedArm):
    said: str = Field(description="What it was at the start, as JSON; empty for a version, which never changes.")
    sha256: str = Field(description="Of `said`.")
    units: int = Field(description="That were given it.")
    mixed: int = Field(description="Units that were told something else, too.")
    late: int = Field(description="Units with calls after the end.")
    failed_over: int = Field(description="Units for which another had to answer, or that could not be given it.")
    wrong_text: int = Field(description="Units that were sent something else than the arm was at the start.")
    texts: list[SentText] = Field(
        description="The five most frequent: what variables stand for makes texts differ."
    )
    texts_in_all: int
    first_at: str | None
    last_at: str | None


class PlannedGuardrail(Schema):
    metric: str
    margin: float


class PlannedStep(Schema):
    share: float
    minimum_units: int
    minimum_hours: float


class Compared(Schema):
    metric: str
    kind: str = Field(description="share: effects are differences; time and ratio: relative changes.")
    method: str
    split: str = Field(description="Of the two arms, as they were given out.")
    control_units: int
    arm_units: int
    control_value: float | None
    arm_value: float | None
    effect: float | None
    low: float | None = Field(description="Where the 95 % interval begins; null: it has no end there.")
    high: float | None
    note: str = Field(description="Why there is no interval yet.")


class ComparedGuardrail(Compared):
    margin: float
    word: str = Field(description="holds, broken or unknown.")


class ComparedArm(Compared):
    arm: str
    verdict: str = Field(description="better, worse, equal, go on or budget used up.")
    may_win: bool
    guardrails: list[ComparedGuardrail]


class SplitCheck(Schema):
    is_mismatch: bool
    p: float | None = Field(description="Of chi-square, for one look.")
    units: dict[str, int]
    expected: dict[str, float]


class Judged(Schema):
    is_readable: bool = Field(description="Whether units came as the weights say: else no figure says anything.")
    arms: list[ComparedArm]
    split: SplitCheck
    valued: SplitCheck
    dimensions: dict[str, dict[str, SplitCheck]]
    flags: dict[str, dict[str, int]]
    stop: bool
    next_step: int | None
    winner: str | None
    reasons: list[str]


class PointOfArm(Schema):
    arm: str
    verdict: str
    effect: float | None
    low: float | None
    high: float | None
    control_units: int
    arm_units: int


class Point(Schema):
    at: str
    is_readable: bool
    arms: list[PointOfArm]


class ListedRun(Schema):
    number: int
    state: str
    started_at: str | None
    ended_at: str | None
    metric: str
    margin: float
    minimum_units: int
    minimum_days: int
    window_minutes: int
    guardrails: list[PlannedGuardrail]
    ramp: list[PlannedStep]
    step: int = Field(description="Of the ramp, from 0.")
    promotes_winner: bool
    arms: list[SentArm]
    judged_at: str | None = Field(
        description="When it was looked at: each ten seconds, until nothing changes after its end."
    )
    judged: Judged | None = Field(description="What could be told then: intervals hold however often one looks.")
    over_time: list[Point] = Field(
        description="Looks, close in the beginning, one an hour in the end, and those that decided."
    )


class LedgerEntry(Schema):
    id: int
    run: int
    at: str
    by: str
    action: str
    reason: str
    evidence: dict[str, Any]
    undoes: int | None
    undone_by: int | None


class WholeExperiment(ListedExperiment):
    purpose: str
    runs: list[ListedRun] = Field(description="The newest first.")
    ledger: list[LedgerEntry] = Field(description="The newest first.")


@router.get("/experiments", response={200: Experiments, ERRORS: Problem}, auth=[may_see])
async def list_experiments(request: ApiRequest) -> Any:
    """The experiments that there are, each with its newest run."""
    from tools.llm.experiments.listing import listed_experiments

    return answer({"experiments": await sync_to_async(listed_experiments)()})


@router.get("/experiments/{name}", response={200: WholeExperiment, ERRORS: Problem}, auth=[may_see])
async def get_experiment(request: ApiRequest, name: str) -> Any:
    """One experiment: its runs, what was sent, and the ledger of what was decided."""
    from tools.llm.experiments.listing import whole_experiment

    return answer(await sync_to_async(whole_experiment)(name))


class FeedbackBody(BaseModel):
    """The body of POST /feedback."""

    EXAMPLE: ClassVar[str] = '{"session_id": "chat-1", "score": 1}'
    model_config = ConfigDict(extra="forbid")

    session_id: Short = Field(min_length=1, description="The conversation, as POST /chat answered it.")
    score: float = Field(ge=0, le=1, description="0 is bad, 1 is good.")
    comment: Annotated[str, Field(max_length=2_000)] = ""


class Taken(Schema):
    session_id: str
    score: float


@router.post(
    "/feedback", response={200: Taken, ERRORS: Problem}, auth=[may_execute], openapi_extra=describe(FeedbackBody)
)
async def give_feedback(request: ApiRequest) -> Any:
    """What a user thought of a conversation. Said again it holds in place of what was said before."""
    from tools.llm.experiments.feedback import give

    body = read_body(request, FeedbackBody)
    await sync_to_async(give)(body.session_id, body.score, sender=request.auth.sender, comment=body.comment)
    return answer({"session_id": body.session_id, "score": body.score})
