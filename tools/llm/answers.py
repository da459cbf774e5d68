"""What POST /tools/execute_text takes and answers."""

from typing import Annotated, Any, ClassVar

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field

from tools.calls.call import ToolResult
from tools.llm.parsing import Parsed
from tools.llm.running import TextRun
from tools.web.answers import ERRORS, Problem, Result
from tools.web.bodies import CALLER, DEADLINE, DIALECT, ROLE, SESSION, Context, Seconds, Short
from tools.web.problem import as_problem

Message = str | dict[str, Any] | list[Any]


class ExecuteTextBody(BaseModel):
    """The body of POST /tools/execute_text: what a model wrote, and what holds for its calls."""

    EXAMPLE: ClassVar[str] = '{"text": "<tool_call>{\\"name\\": \\"price_calculator\\", …}</tool_call>"}'
    MOST_VALUES: ClassVar[int] = 50_000
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    text: Annotated[
        Message, Field(description="What the model wrote, or its provider's message or answer as it came.")
    ]
    max_concurrent: int | None = Field(None, ge=1, le=1000, description="How many may run at once.")
    caller_role: Short = Field("", description=ROLE)
    session_id: Short = Field("", description=SESSION)
    caller_id: Short = Field("", description=CALLER)
    deadline_s: Seconds | None = Field(None, description=DEADLINE)
    context: Context = Field(default_factory=dict, description="Recorded with each call.")
    dialect: Short = Field("", description=DIALECT)


class Call(Schema):
    name: str
    arguments: dict[str, Any]
    call_id: str = Field(description="Unique in this answer; the tool_call_id of its result.")
    original_id: str = Field(description="As the provider sent it, or empty.")
    repairs: list[str] = Field(description="What had to be changed to read it.")
    source_shape: str
    start: int = Field(description="Where it stands in the text, in characters.")
    end: int


class NotRun(Schema):
    kind: str
    message: str
    position: int
    tool: str
    tool_call_id: str = Field("", description="Finds the span, where a call was meant and refused.")


class TextResults(Schema):
    calls: list[Call]
    results: list[Result | Problem] = Field(description="In the order of the calls.")
    problems: list[NotRun] = Field(description="What was not run, and what to do about it.")
    text: str = Field(description="What is left for people.")


EXECUTE_TEXT: dict[Any, type[Schema]] = {200: TextResults, ERRORS: Problem}


def as_dict(run: TextRun) -> dict[str, Any]:
    """The shape of the answer."""
    return {
        "calls": [call.as_dict() for call in run.parsed.calls],
        "results": [end.as_dict() if isinstance(end, ToolResult) else as_problem(end) for end in run.endings],
        "problems": problems_of(run.parsed, [error.tool_call_id for error in run.refusals]),
        "text": run.parsed.text,
    }


def problems_of(parsed: Parsed, span_ids: list[str]) -> list[dict[str, Any]]:
    """The problems, each that was recorded with the id of its span."""
    ids = iter(span_ids)
    return [
        {**problem.as_dict(), "tool_call_id": next(ids) if problem.kind.is_failure else ""}
        for problem in parsed.problems
    ]
