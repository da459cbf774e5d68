"""What POST /api/v1/chat and the socket's action ``chat`` take and answer."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field

from tools.web.answers import ERRORS, Problem
from tools.web.bodies import CALLER, ROLE, SESSION, Context, Seconds, Short

ALL = "*"
Words = Annotated[str, Field(max_length=100_000)]
# A picture as a data URL, which the body's bound holds too (2 MB); larger ones by their address.
Picture = Annotated[str, Field(max_length=2_500_000)]


class ChatBody(BaseModel):
    """The body of POST /chat: what is said, to whom, with which tools."""

    EXAMPLE: ClassVar[str] = '{"text": "What does ACME owe?", "tools": ["crm_integration"]}'
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    text: Words = Field("", description="What the user says.")
    images: list[Picture] = Field(
        default_factory=list, max_length=20, description="Pictures: data URLs, or addresses that are fetched."
    )
    route: Short = Field("default", description="A route or a deployment, as in GET /providers.")
    prompt: Short = Field("", description="The prompt that the model is told, as in GET /prompts.")
    label: Short = Field("production", description="Which of the prompt's labels.")
    variables: dict[Short, Words] = Field(
        default_factory=dict, max_length=50, description="The prompt's variables."
    )
    system: Words = Field("", description="What the model is told, where no prompt is.")
    tools: list[Short] = Field(
        default_factory=list, max_length=200, description="The tools that it may call; `*` for all."
    )
    choice: Short = Field("auto", description="auto, none, required, or the tool that has to be called first.")
    effort: Short = Field("", description="How hard the model thinks, where it can be told.")
    temperature: float | None = Field(None, ge=0, le=2)
    max_output_tokens: int = Field(4096, ge=1, le=1_000_000, description="Of each answer.")
    rounds: int = Field(10, ge=1, le=50, description="How often the model is asked at most.")
    tokens: int | None = Field(None, ge=1, description="In and out, of all rounds.")
    usd: Decimal | None = Field(None, gt=0, description="US dollars, of all rounds.")
    deadline_s: Seconds = Field(120.0, description="The seconds that the turn may take, its tools included.")
    session_id: Short = Field("", description=f"The conversation that this goes on with, or a new one. {SESSION}")
    caller_role: Short = Field("", description=ROLE)
    caller_id: Short = Field("", description=CALLER)
    context: Context = Field(default_factory=dict, description="Recorded with each call of a tool.")
    stream: bool = Field(False, description="Send events as they come: delta, discard, calling, called, answer.")


class ModelCall(Schema):
    tool: str
    tool_call_id: str = Field(description="Finds the call's span.")
    arguments: dict[str, Any]
    result: Any = Field(None, description="What the tool gave, where it did.")
    error: Problem | None = Field(None, description="What was wrong, where it did not.")
    latency_ms: float | None = Field(None, description="How long the call took, where it succeeded.")


class ChatAnswer(Schema):
    session_id: str = Field(description="Say it again to go on.")
    text: str = Field(description="What the model says; empty where a limit was in its way.")
    ended_by: str = Field(description="answer, length (cut off), rounds, tokens, money or time.")
    calls: list[ModelCall] = Field(description="The tools that it called, in order.")
    deployment: str = Field(description="Who answered last.")
    rounds: int
    tokens: int = Field(description="In and out, of all rounds.")
    usd: float = Field(description="What it cost, as far as prices are known.")
    trace_id: str = Field(description="Finds all spans of the turn.")


CHAT: dict[Any, type[Schema]] = {200: ChatAnswer, ERRORS: Problem}
