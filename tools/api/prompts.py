"""Prompts, their labels and versions, over REST."""

from typing import Annotated, Any

from asgiref.sync import sync_to_async
from ninja import Router, Schema
from pydantic import Field

from tools.api.rest import ApiRequest, KeyOrLogin, answer
from tools.models import Scope
from tools.web.answers import ERRORS, Problem

may_see = KeyOrLogin(Scope.READ, Scope.EXECUTE, permission="prompts.view_prompt")
router = Router(auth=[may_see])
Limit = Annotated[int, Field(ge=1, le=100)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class PromptLabel(Schema):
    name: str = Field(description="What POST /chat takes as `label`.")
    version: int | None = Field(description="The version that it points at; null: none yet.")


class ListedPrompt(Schema):
    name: str = Field(description="What POST /chat takes as `prompt`.")
    purpose: str
    labels: list[PromptLabel]


class Prompts(Schema):
    prompts: list[ListedPrompt]


class PromptVariable(Schema):
    name: str
    what: str
    required: bool
    default: str = Field(description="What stands in for one that is not given.")
    may_be_cut: bool


class PromptVariant(Schema):
    family: str = Field(description="detailed, structured or brief: for whose models.")
    rung: str = Field(description="detailed, simple or minimal: how much is said.")
    text: str


class ListedVersion(Schema):
    number: int
    note: str = Field(description="What is new in it.")
    author: str
    created_at: str
    variables: list[PromptVariable]
    variants: list[PromptVariant]


class WholePrompt(ListedPrompt):
    versions: list[ListedVersion] = Field(description="The newest first.")
    next: int | None = Field(description="Say it as `below` for older versions; null: these are all.")


@router.get("/prompts", response={200: Prompts, ERRORS: Problem})
async def list_prompts(request: ApiRequest) -> Any:
    """The prompts that there are, and the version that each of their labels points at."""
    from tools.llm.prompts.listing import listed_prompts

    return answer({"prompts": await sync_to_async(listed_prompts)()})


@router.get("/prompts/{name}", response={200: WholePrompt, ERRORS: Problem})
async def get_prompt(request: ApiRequest, name: str, limit: Limit = 20, below: Number | None = None) -> Any:
    """One prompt with its versions, whose texts and variables never change."""
    from tools.llm.prompts.listing import whole_prompt

    return answer(await sync_to_async(whole_prompt)(name, limit, below))
