"""Choice over REST: groups and what is known of them, a choice, and how it went."""

from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field, StrictBool, WithJsonSchema

from tools.api.rest import ApiRequest, answer, may_execute, may_look
from tools.selection import live
from tools.selection.arms import Arm
from tools.selection.errors import NotCounted, UnknownDecision, UnknownGroup
from tools.selection.group import MOST_FEATURES, Group
from tools.selection.process import get_tool_selector
from tools.selection.reward import Told
from tools.selection.selector import UNKNOWN, best_of
from tools.web.answers import ERRORS, Problem
from tools.web.bodies import Short, describe, read_body

router = Router(auth=[may_look])
# Without a type in its schema, by which "yes" would be mended as for models: nothing is learnt of a guess.
TrueOrFalse = Annotated[StrictBool, WithJsonSchema({"description": "true or false", "examples": [True]})]


class Member(Schema):
    name: str
    evidence: float = Field(description="How many decisions with feedback, older ones counting less.")
    mean_reward: float | None = Field(description="Null: nothing is known of it.")


class SelectionGroup(Schema):
    name: str
    policy: str
    epsilon: float
    half_life_s: float = Field(description="Evidence of this age counts half; 0: all counts for ever.")
    latency_weight_per_s: float
    cost_weight_per_usd: float
    feedback_within_s: float
    enabled: bool = Field(description="False: the first member is always taken, and nothing is learnt.")
    best: str
    shared: bool = Field(description="False: Valkey is away, and each process goes by what it knows itself.")
    members: list[Member]


class SelectionGroups(Schema):
    groups: list[SelectionGroup]


class Chosen(Schema):
    member: str
    decision_id: str = Field(description="With it say how it went: POST /selection/feedback.")
    group: str
    policy: str
    reason: str
    propensity: float
    probabilities: dict[str, float]


class Counted(Schema):
    decision_id: str
    counted: bool


class ChooseBody(BaseModel):
    """The body of POST /selection/choose."""

    model_config = ConfigDict(extra="forbid")

    group: Short = Field(description="The name of a group that stands in the admin.")
    features: Annotated[dict[Short, float], Field(max_length=MOST_FEATURES)] = Field(
        default_factory=dict, description="Of this case; a contextual group weighs them. The same names each time."
    )


class FeedbackBody(BaseModel):
    """The body of POST /selection/feedback."""

    model_config = ConfigDict(extra="forbid")

    decision_id: Short
    success: TrueOrFalse
    latency_ms: Annotated[float, Field(ge=0, lt=1e9)] | None = None
    cost_usd: Annotated[float, Field(ge=0, lt=1e9)] | None = None


@router.get("/selection", response={200: SelectionGroups, ERRORS: Problem})
async def list_groups(request: ApiRequest) -> Any:
    """The groups that stand in the admin, and what is known of their members."""
    return answer({"groups": [await as_dict(group) for _, group in sorted(live.current().items())]})


@router.post(
    "/selection/choose",
    auth=may_execute,
    response={200: Chosen, ERRORS: Problem},
    openapi_extra=describe(ChooseBody),
)
async def choose(request: ApiRequest) -> Any:
    """Choose a member of a group."""
    body = read_body(request, ChooseBody)
    decision = await get_tool_selector().decide(found(body.group).name, features=body.features)
    return answer(
        {
            "member": decision.member,
            "decision_id": decision.id,
            "group": decision.group,
            "policy": decision.policy,
            "reason": decision.choice.reason,
            "propensity": decision.choice.propensity,
            "probabilities": dict(decision.choice.probabilities),
        }
    )


@router.post(
    "/selection/feedback",
    auth=may_execute,
    response={200: Counted, ERRORS: Problem},
    openapi_extra=describe(FeedbackBody),
)
async def feedback(request: ApiRequest) -> Any:
    """Say how what was chosen went: once; what is said again does not count, and is answered 409."""
    body = read_body(request, FeedbackBody)
    told = Told(body.success, body.latency_ms, body.cost_usd)
    became = await get_tool_selector().feedback(body.decision_id, told)
    if not became.counted:
        raise (UnknownDecision if became is UNKNOWN else NotCounted)(became.detail)
    return answer({"decision_id": body.decision_id, "counted": True})


# Behind those above, whose addresses it would take for names.
@router.get("/selection/{path:name}", response={200: SelectionGroup, ERRORS: Problem})
async def get_group(request: ApiRequest, name: str) -> Any:
    """One of them."""
    return answer(await as_dict(found(name)))


def found(name: str) -> Group:
    """Raises UnknownGroup."""
    group = live.named(name)
    if group is None:
        raise UnknownGroup(f"There is no group {name[:80]!r}: GET /api/v1/selection lists those there are.")
    return group


async def as_dict(group: Group) -> dict[str, Any]:
    selector = get_tool_selector()
    arms = await selector.known(group.name)
    return {
        "name": group.name,
        "policy": group.policy,
        "epsilon": group.epsilon,
        "half_life_s": group.half_life_s,
        "latency_weight_per_s": group.weights.latency_per_s,
        "cost_weight_per_usd": group.weights.cost_per_usd,
        "feedback_within_s": group.feedback_within_s,
        "enabled": selector.enabled,
        "best": best_of(group, arms),
        "shared": selector.evidence.degraded_since is None,
        "members": [member(name, arm) for name, arm in arms.items()],
    }


def member(name: str, arm: Arm) -> dict[str, Any]:
    return {"name": name, "evidence": round(arm.n, 3), "mean_reward": arm.mean if arm.n > 0 else None}
