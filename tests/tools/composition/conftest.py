"""What tests of composed tools share: small tools, and the tree of spans that calls leave."""

import pytest

from telemetry import semconv
from tools import tool
from tools.errors import ProviderError, ReturnedFailure


@tool
async def find(name: str) -> dict[str, object]:
    """Finds a customer."""
    if name == "nobody":
        raise ReturnedFailure("no such customer", code="not_found", hint="list them")
    return {"id": f"CUST-{name}", "seats": "12"}


@tool
async def quote(customer: str, seats: int) -> dict[str, object]:
    """Quotes a price."""
    return {"customer": customer, "total": seats * 50}


@tool
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


@tool
async def total(numbers: list[int]) -> int:
    """Their sum."""
    return sum(numbers)


@tool
async def away(number: int) -> int:
    """Depends on something that is away."""
    raise ProviderError("the gateway does not answer", retry_after_s=7)


@tool(roles={"boss"})
async def secret(number: int) -> int:
    """For the boss."""
    return number


@pytest.fixture
def tools():
    return {each.name: each for each in (find, quote, double, total, away, secret)}


@pytest.fixture
def run(make_executor, tools):
    """Call *definition*, which is registered beside the small tools."""

    async def call(definition, payload, **request):
        executor = make_executor(definition, *tools.values())
        return await executor.execute(name=definition.name, payload=payload, **request)

    return call


@pytest.fixture
def tree(spans):
    """The finished spans as ``{tool: [(tool, outcome) of each below it]}``."""

    def build():
        finished = spans.get_finished_spans()
        named = {span.context.span_id: span.attributes[semconv.TOOL_NAME] for span in finished}
        found = {name: [] for name in named.values()}
        for span in finished:
            if span.parent:
                below = (span.attributes[semconv.TOOL_NAME], span.attributes[semconv.OUTCOME])
                found[named[span.parent.span_id]].append(below)
        return found

    return build
