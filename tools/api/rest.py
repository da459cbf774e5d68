"""The REST API: run tools, look at them, and at what the cache keeps."""

from collections.abc import Iterable
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja.renderers import BaseRenderer
from ninja.security.base import AuthBase
from pydantic import Field
from pydantic_core import to_json

from tools import breakers, cache
from tools.api.docs_page import DocsPage
from tools.api.errors import add_handlers
from tools.api.listing import tool_as_dict
from tools.api.operations import Api
from tools.calls.call import ToolResult
from tools.errors import ToolError
from tools.llm.answers import EXECUTE_TEXT, ExecuteTextBody, as_dict
from tools.llm.running import run_text
from tools.models import Scope
from tools.running.runtime import get_executor
from tools.web import answers
from tools.web.access import Client, find_client, visible
from tools.web.bodies import BreakerBody, ExecuteBody, ExecuteParallelBody, describe, read_body
from tools.web.dialects import check_dialect, in_our_words, tools_in
from tools.web.idempotency_key import IDEMPOTENCY_KEY, read_idempotency_key
from tools.web.parameters import strict
from tools.web.problem import REPLAYED, as_problem
from tools.web.rate_limits import rate_limit_headers, scarcest
from tools.web.refusals import record_refusal
from tools.web.sockets.tickets import ticket_of_request
from tools.web.sse import Limits, stream_response


class ApiRequest(HttpRequest):
    """A request that KeyOrLogin has let in."""

    auth: Client


class KeyOrLogin(AuthBase):
    """Lets in a key with one of the scopes and a person with the permission; the client is then ``request.auth``.

    Without a permission a person needs one of those that go with the scopes (``tools.web.access.PERMISSION_OF``).
    """

    openapi_type = "http"
    openapi_scheme = "bearer"
    csrf = True  # a login needs the token, which the pages of the API therefore send

    def __init__(self, *scopes: str, permission: str = "") -> None:
        super().__init__()
        self.scopes = scopes
        self.permission = permission

    async def __call__(self, request: HttpRequest) -> Client:
        try:
            client = await find_client(request)
            client.need(*self.scopes, permission=self.permission)
        except ToolError as error:
            await record_refusal(request, error)
            raise
        return client


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data, inf_nan_mode="null")


may_execute = KeyOrLogin(Scope.EXECUTE)
may_look = KeyOrLogin(Scope.READ, Scope.EXECUTE)
may_hold_breakers = KeyOrLogin(Scope.MANAGE, permission="tools.hold_breaker")
may_clear_cache = KeyOrLogin(Scope.MANAGE, permission="tools.clear_cache")

api = Api(
    title="SalesBoost",
    version="1",
    description="Runs tools. Every error is a problem document (RFC 9457) with a code, a layer and a hint.",
    urls_namespace="api",
    auth=[may_look],
    renderer=JsonRenderer(),
    docs=DocsPage({"persistAuthorization": True}),
    docs_decorator=visible,
)
add_handlers(api)
api.add_decorator(strict, "operation")


@api.post(
    "/tools/execute",
    auth=may_execute,
    response=answers.EXECUTE,
    openapi_extra=describe(ExecuteBody, [IDEMPOTENCY_KEY]),
)
async def execute(request: ApiRequest) -> Any:
    """Run one tool."""
    result = await get_executor().execute(**await asked(request))
    response = answer(result.as_dict(), [result])
    if result.replayed:
        response.headers[REPLAYED] = "true"
    return response


@api.post(
    "/tools/stream",
    auth=may_execute,
    response=answers.STREAM,
    openapi_extra={**describe(ExecuteBody, [IDEMPOTENCY_KEY]), **answers.EVENT_STREAM},
)
async def stream(request: ApiRequest) -> Any:
    """Run one tool; its chunks are sent as they come: events `chunk`, then `result` or `error`."""
    limits = Limits()
    made = get_executor().stream(**await asked(request), on_limits=limits.hear)
    return await stream_response(made, ticket_of_request(request), limits)


async def asked(request: ApiRequest) -> dict[str, Any]:
    """The call that *request* asks for, as keywords of ``execute``. A refusal is recorded, and raised."""
    client = request.auth
    body = None
    try:
        body = read_body(request, ExecuteBody)
        name, payload = in_our_words(body.dialect, get_executor().registry, body.tool, body.payload)
        return {
            "name": name,
            "payload": payload,
            "caller_role": client.role(body.caller_role),
            "session_id": body.session_id,
            "context": body.context,
            "api_key_name": client.key_name,
            "sender": client.sender,
            "caller_id": body.caller_id,
            "deadline_s": body.deadline_s,
            "idempotency_key": read_idempotency_key(request, client.name),
        }
    except ToolError as error:
        await record_refusal(request, error, body.tool if body else "", body.caller_role if body else "")
        raise


@api.post(
    "/tools/execute_parallel",
    auth=may_execute,
    response=answers.EXECUTE_PARALLEL,
    openapi_extra=describe(ExecuteParallelBody, [IDEMPOTENCY_KEY]),
)
async def execute_parallel(request: ApiRequest) -> Any:
    """Run several tools side by side. A call that fails has its problem document in its place.

    A call waits for those whose results it uses by `{"$ref": "id.path.in.result"}`.
    """
    client = request.auth
    try:
        body = read_body(request, ExecuteParallelBody)
        registry = get_executor().registry
        words = [in_our_words(body.dialect, registry, call.tool, call.payload) for call in body.calls]
        role = client.role(body.caller_role)
        idempotency_key = read_idempotency_key(request, client.name)
    except ToolError as error:
        await record_refusal(request, error)
        raise
    endings = await get_executor().execute_parallel(
        [
            {
                "id": call.id,
                "tool": name,
                "payload": payload,
                "context": {**body.context, **call.context},
            }
            for call, (name, payload) in zip(body.calls, words, strict=True)
        ],
        caller_role=role,
        max_concurrent=body.max_concurrent,
        session_id=body.session_id,
        api_key_name=client.key_name,
        sender=client.sender,
        caller_id=body.caller_id,
        deadline_s=body.deadline_s,
        idempotency_key=idempotency_key,
    )
    results = [end.as_dict() if isinstance(end, ToolResult) else as_problem(end) for end in endings]
    return answer({"results": results}, endings)


@api.post(
    "/tools/execute_text",
    auth=may_execute,
    response=EXECUTE_TEXT,
    openapi_extra=describe(ExecuteTextBody, [IDEMPOTENCY_KEY]),
)
async def execute_text(request: ApiRequest) -> Any:
    """Find the tool calls in what a model wrote, and run them side by side.

    What cannot be read is not run and is told in `problems`; where nothing could be run, that is the error.
    """
    client = request.auth
    try:
        body = read_body(request, ExecuteTextBody)
        check_dialect(body.dialect)
        role = client.role(body.caller_role)
        idempotency_key = read_idempotency_key(request, client.name)
    except ToolError as error:
        await record_refusal(request, error)
        raise
    run = await run_text(
        get_executor(),
        body.text,
        max_concurrent=body.max_concurrent,
        dialect=body.dialect,
        caller_role=role,
        session_id=body.session_id,
        context=body.context,
        api_key_name=client.key_name,
        sender=client.sender,
        caller_id=body.caller_id,
        deadline_s=body.deadline_s,
        idempotency_key=idempotency_key,
    )
    if run.failure is not None:
        raise run.failure
    return answer(as_dict(run), run.endings)


@api.get("/tools", response=answers.TOOLS)
async def list_tools(request: HttpRequest, dialect: str = "") -> Any:
    """Every tool: its schema and how it may be called right now.

    With `dialect` (openai, anthropic, gemini, mcp) the definitions as that provider takes them.
    """
    registry = get_executor().registry
    if dialect:
        return answer(tools_in(dialect, registry, registry))
    return answer({"tools": [tool_as_dict(tool) for tool in registry]})


@api.get("/tools/{path:name}", response=answers.TOOL)
async def get_tool(request: HttpRequest, name: str, dialect: str = "") -> Any:
    """One tool: its schema and how it may be called right now, or, with `dialect`, as that provider takes it."""
    registry = get_executor().registry
    tool = registry.get(name)
    return answer(tools_in(dialect, registry, [tool]) if dialect else tool_as_dict(tool))


@api.get("/breakers", response=answers.BREAKERS)
async def list_breakers(request: HttpRequest) -> Any:
    """The breaker of each tool now, as this process has heard it."""
    return answer({"breakers": [breakers.as_dict(status) for status in breakers.statuses().values()]})


@api.post(
    "/breakers/{path:tool}",
    auth=may_hold_breakers,
    response=answers.BREAKER,
    openapi_extra=describe(BreakerBody),
)
async def change_breaker(request: ApiRequest, tool: str) -> Any:
    """Open or close a breaker now, hold it so, or let it go by its counts again; the tool's history keeps who."""
    action = breakers.Action(read_body(request, BreakerBody).action)
    status = await sync_to_async(breakers.act)(
        tool, action, request.auth.key_name and f"key {request.auth.key_name}"
    )
    return answer(breakers.as_dict(status))


@api.get("/cache/statistics", response=answers.CACHE_STATISTICS)
async def cache_statistics(request: HttpRequest) -> Any:
    """Hits, misses and size of the result cache, over all processes, in all and by tool."""
    return answer(await cache.get_statistics())


@api.get("/cache/top", response=answers.CACHE_TOP)
async def cache_top(request: ApiRequest, limit: Annotated[int, Field(ge=1, le=100)] = 10) -> Any:
    """The results that are read most, and what was asked for them, for those who may see payloads."""
    entries = await cache.get_top_accessed(limit)
    return answer({"entries": entries if request.auth.sees_payloads else cache.without_payloads(entries)})


@api.delete("/cache", auth=may_clear_cache, response=answers.CACHE_CLEARED)
async def clear_cache(request: HttpRequest) -> Any:
    """Forget the kept results of every tool."""
    return answer({"cleared": await cache.clear()})


@api.delete("/cache/tags/{path:tag}", auth=may_clear_cache, response=answers.CACHE_CLEARED)
async def clear_cache_of_tag(request: HttpRequest, tag: str) -> Any:
    """Forget the results that were read from what the tag names, such as `customer:CUST001`."""
    return answer({"cleared": await cache.drop_tags(tag)})


@api.delete("/cache/{path:tool}", auth=may_clear_cache, response=answers.CACHE_CLEARED)
async def clear_cache_of_tool(request: HttpRequest, tool: str) -> Any:
    """Forget the kept results of one tool."""
    return answer({"cleared": await cache.clear_tool(tool)})


def answer(content: Any, endings: Iterable[object] = ()) -> HttpResponse:
    """JSON as it is: what we answer needs no second validation. The headers say what is left after *endings*."""
    headers = rate_limit_headers(scarcest(endings))
    return HttpResponse(to_json(content, inf_nan_mode="null"), content_type="application/json", headers=headers)
