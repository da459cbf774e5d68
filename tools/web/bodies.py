"""The bodies that the REST addresses take, read into models, each fault told in one sentence."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, from_json

from telemetry.values.json_size import holds_more
from tools.definition.schema import ModelSchema
from tools.errors import InvalidArguments
from tools.web.problem import BodyTooLarge, MalformedBody, UnsupportedMediaType

Short = Annotated[str, Field(max_length=200)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
# Becomes columns and attributes of a span, so it is bounded.
Context = Annotated[
    dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=500)]], Field(max_length=50)
]
# Values of a body, parted by commas and brackets: those of one call, beyond which reading and recording it would
# hold up everybody else of the process. Models of bodies with many calls say their own MOST_VALUES.
MOST_VALUES = 20_000
ROLE = "The role to call as; the key's default role where it is left out."
CALLER = "Who asks inside your application: limits of each caller count by it."
DEADLINE = "The seconds that the call, or all of them, may take, if a tool's own deadline is not earlier."
DIALECT = "Whose names and arguments these are, where a model was given GET /tools?dialect=…; ours if left out."
SESSION = "Groups calls; /ws/chat?session_id=… follows them."


class OneCall(BaseModel):
    """A tool and its arguments."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    tool: Short = Field(description="The tool's name, as in GET /tools; `name` is understood too.")
    payload: Any = Field(default_factory=dict, description="The tool's arguments: an object that fits its schema.")
    context: Context = Field(
        default_factory=dict,
        description="What to record with the call: provider, model, prompt_version, agent, and anything else.",
    )

    @model_validator(mode="before")
    @classmethod
    def _by_its_other_name(cls, said: Any) -> Any:
        """``name`` for ``tool``, as ``execute_parallel`` of Python takes it; both where they are the same."""
        if not isinstance(said, Mapping) or "name" not in said:
            return said
        if said.get("tool", said["name"]) != said["name"]:
            raise PydanticCustomError("tool_and_name", "tool and name differ: give one of them")
        return {"tool" if key == "name" else key: value for key, value in said.items() if key != "tool"}


class ExecuteBody(OneCall):
    """The body of POST /tools/execute."""

    caller_role: Short = Field("", description=ROLE)
    session_id: Short = Field("", description=SESSION)
    caller_id: Short = Field("", description=CALLER)
    deadline_s: Seconds | None = Field(None, description=DEADLINE)
    dialect: Short = Field("", description=DIALECT)


class BreakerBody(BaseModel):
    """The body of POST /breakers/{tool}."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["open", "close", "hold_open", "hold_closed", "auto"] = Field(
        description="open and close act once; a hold stays until auto ends it."
    )


class ParallelCall(OneCall):
    """One of the calls of POST /tools/execute_parallel."""

    id: Short = Field("", description='Names the call: others use its result by {"$ref": "id.path.in.result"}.')


class ExecuteParallelBody(BaseModel):
    """The body of POST /tools/execute_parallel: the calls, and what holds for all of them."""

    MOST_VALUES: ClassVar[int] = 50_000
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    calls: list[ParallelCall] = Field(min_length=1, max_length=100)
    max_concurrent: int | None = Field(None, ge=1, le=1000, description="How many may run at once.")
    caller_role: Short = Field("", description=ROLE)
    session_id: Short = Field("", description=SESSION)
    caller_id: Short = Field("", description=CALLER)
    deadline_s: Seconds | None = Field(None, description=DEADLINE)
    context: Context = Field(default_factory=dict, description="Recorded with each call, beside its own context.")
    dialect: Short = Field("", description=DIALECT)


Body = TypeVar("Body", bound=BaseModel)


def read_body(request: HttpRequest, model: type[Body]) -> Body:
    """The request's body. Raises InvalidArguments, or a kind of it with 413 or 415, that says what is wrong."""
    body = read_bytes(request)
    if not body:
        raise MalformedBody("The body is empty.", hint=f"send {_example(model)}")
    if request.content_type != "application/json":
        raise UnsupportedMediaType(
            f"The body has the type {request.content_type or 'none'!r}, not 'application/json'.",
            hint="send the header 'Content-Type: application/json'",
        )
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("The body is compressed.", hint="send it without Content-Encoding")
    return fill(model, parse(body, getattr(model, "MOST_VALUES", MOST_VALUES)))


def fill(model: type[Body], content: Any) -> Body:
    """*content* as *model*. Raises InvalidArguments, worded as for a tool's own arguments."""
    if not isinstance(content, Mapping):
        raise InvalidArguments("The body must be a JSON object.", hint=f"send {_example(model)}")
    return model.model_construct(**ModelSchema(model=model, injected={}, description="").validate(content))


def parse(body: bytes, most_values: int = MOST_VALUES) -> Any:
    """The JSON in *body*; refused are NaN, which JSON does not have, U+0000, and more than *most_values*."""
    if holds_more(body, most_values):
        raise BodyTooLarge(f"The body holds more than {most_values:,} values.", hint="send less at once")
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedBody(
            f"The body is not valid JSON: {error}.", hint="check quotes, commas and brackets at that place"
        ) from None
    if b"\\u0000" in body:
        raise MalformedBody(
            "The body holds the character U+0000, which cannot be stored.", hint="leave it out of the text"
        )
    return content


def describe(model: type[BaseModel], parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The model's part of the OpenAPI document, beside *parameters* of the address."""
    schema = model.model_json_schema()
    for name, nested in schema.pop("$defs", {}).items():
        for field in schema["properties"].values():
            if field.get("items") == {"$ref": f"#/$defs/{name}"}:
                field["items"] = nested
    return {
        "parameters": parameters or [],
        "requestBody": {"content": {"application/json": {"schema": schema}}, "required": True},
    }


def read_bytes(request: HttpRequest) -> bytes:
    """The body as it came. Raises BodyTooLarge."""
    limit = getattr(request, "unread_limit", None)
    if limit is not None:  # the server has not read it
        raise too_large(limit)
    try:
        return request.body
    except RequestDataTooBig:
        raise too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None


def too_large(limit: int) -> BodyTooLarge:
    """The error of a body with more bytes than *limit*."""
    return BodyTooLarge(
        f"The body is larger than {limit:,} bytes.",
        hint="send less at once, for example fewer calls in one execute_parallel",
    )


def _example(model: type[BaseModel]) -> str:
    if model is ExecuteBody:
        return '{"tool": "crm_integration", "payload": {"action": "list"}}'
    example: str = getattr(
        model, "EXAMPLE", '{"calls": [{"tool": "crm_integration", "payload": {"action": "list"}}]}'
    )
    return example
