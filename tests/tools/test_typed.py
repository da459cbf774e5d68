"""What people already type: names, arguments and settings as their code has them.

``tests/kill/test_typed_lines.py`` sends what their notes send over REST.
"""

import importlib
import os
import warnings

import pytest

import tools
from tools import ToolRegistry, tool
from tools.definition.registry import build_default_registry
from tools.definition.schema import NotATool
from tools.errors import InvalidArguments, NotAuthorized, RateLimited, UnknownTool
from tools.running import runtime
from tools.running.executor import ToolExecutor, ToolRetryPolicy

pytestmark = pytest.mark.django_db


@tool(cache_ttl_s=60)
async def square(number: int, token: str = "") -> int:
    """Squares."""
    return number * number


@pytest.fixture
def executor(make_executor, monkeypatch):
    made = make_executor(square)
    monkeypatch.setitem(runtime._executors, os.getpid(), made)
    return made


@pytest.fixture
async def read_twice(executor):
    """What is kept of one call, read twice."""
    for _ in range(3):
        await executor.execute(
            name="square", payload={"number": 3, "token": "sk-abcdefghijklmnopqrstuvwxyz123456"}
        )
        await executor.flush()


# --- Names -------------------------------------------------------------------------------------------------

NAMES = [
    *("ToolCache", "ToolExecutor", "ToolHealthChecker", "ToolInputError", "ToolMetricsCollector", "ToolRegistry"),
    *("ToolNotFoundError", "ToolPermissionError", "ToolRetryPolicy", "RateLimitError", "build_default_registry"),
]
PLACES = [
    ("tools.executor", "ToolExecutor"),
    ("tools.executor", "ToolRetryPolicy"),
    ("tools.registry", "build_default_registry"),
    ("tools.registry", "ToolRegistry"),
    ("tools.cache", "ToolCache"),
    ("tools.health", "ToolHealthChecker"),
    ("tools.metrics", "ToolMetricsCollector"),
    ("tools.errors", "RateLimitError"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_can_be_imported_from_tools(name):
    assert name in tools.__all__
    assert getattr(tools, name)


@pytest.mark.parametrize(("module", "name"), PLACES)
def test_a_name_can_be_imported_from_its_module(module, name):
    assert getattr(importlib.import_module(module), name) is getattr(tools, name)


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match="no attribute 'ToolCash'"):
        tools.ToolCash  # noqa: B018


async def test_errors_are_caught_by_their_other_names(make_executor):
    @tool(rate="1/min", roles={"coach"})
    async def rare(number: int) -> int:
        """Once a minute."""
        return number

    executor = make_executor(rare)
    with pytest.raises(tools.ToolNotFoundError):
        await executor.execute(name="nope", payload={})
    with pytest.raises(tools.ToolPermissionError):
        await executor.execute(name="rare", payload={"number": 1}, caller_role="guest")
    with pytest.raises(tools.ToolInputError):
        await executor.execute(name="rare", payload={"numbr": 1}, caller_role="coach")
    await executor.execute(name="rare", payload={"number": 1}, caller_role="coach")
    with pytest.raises(tools.RateLimitError) as refused:
        await executor.execute(name="rare", payload={"number": 1}, caller_role="coach")
    assert refused.value.retry_after == refused.value.retry_after_s > 0


def test_errors_of_other_names_are_ours():
    assert tools.RateLimitError(retry_after=3).retry_after_s == 3
    assert tools.RateLimitError("Wait.", retry_after_s=4).retry_after == 4
    assert tools.RateLimitError().retry_after is None
    pairs = {tools.ToolInputError: InvalidArguments, tools.ToolPermissionError: NotAuthorized}
    pairs |= {tools.ToolNotFoundError: UnknownTool, tools.RateLimitError: RateLimited}
    assert all(ours is other for other, ours in pairs.items())


def test_the_delay_doubles_with_each_attempt():
    policy = ToolRetryPolicy(max_attempts=3, base_delay=1.0)
    assert [policy.delay(attempt) for attempt in (0, 1, 2, 9)] == [1.0, 2.0, 4.0, 30.0]
    with pytest.raises(ValueError, match="1 attempt or more"):
        ToolRetryPolicy(max_attempts=0)


@pytest.mark.parametrize(("enabled", "attempts"), [(True, 3), (False, 1)])
def test_an_executor_retries_as_the_settings_say(settings, enabled, attempts, state):
    settings.TOOL_RETRY_ENABLED = enabled
    executor = ToolExecutor(ToolRegistry(), state=state)
    assert executor.retry_policy == ToolRetryPolicy(attempts, 1.0)
    executor.close()


def test_settings_have_the_names_and_values_that_people_know(settings):
    assert (settings.TOOL_RETRY_BASE_DELAY, settings.TOOL_BANDIT_REDIS_KEY) == (1.0, "tool:bandit:state")


# --- The cache, health and metrics -------------------------------------------------------------------------


async def test_a_tool_cache_says_what_is_read_most_and_what_was_asked(read_twice):
    cache = tools.ToolCache()
    (entry,) = cache.get_top_accessed(limit=5)
    assert (entry["tool"], entry["access_count"], entry["hits"]) == ("square", 2, 2)
    assert entry["asked"] == '{"number":3,"token":"[redacted]"}'
    assert entry["last_accessed"].endswith("+00:00")
    assert cache.get_statistics()["hit_rate"] == 0.6667


async def test_a_tool_cache_forgets(read_twice):
    cache = tools.ToolCache()
    assert cache.clear_tool("square") == 1
    assert cache.clear() == 0
    assert cache.get_top_accessed() == []


async def test_a_health_checker_says_what_health_says(read_twice):
    checker = tools.ToolHealthChecker()
    assert (await checker.check_tool("square"))["status"] == "unknown"
    assert (await checker.check_all())["total_tools"] == 1
    with pytest.raises(UnknownTool):
        await checker.check_tool("cube")


def test_a_metrics_collector_renders_what_prometheus_reads():
    assert b"tool_calls_total" in tools.ToolMetricsCollector().render()


# --- Tools -------------------------------------------------------------------------------------------------


def test_a_description_stands_for_a_docstring():
    @tool(description="Adds two numbers.")
    def add(a: int, b: int) -> int:
        return a + b

    assert add.definition()["description"] == "Adds two numbers."


def test_a_description_goes_before_the_docstring_whose_arguments_stay():
    @tool(description="Adds.")
    def add(a: int) -> int:
        """Says something else.

        Args:
            a: The number.
        """
        return a

    assert add.definition()["description"] == "Adds."
    assert add.definition()["parameters"]["properties"]["a"]["description"] == "The number."


def test_without_either_it_is_no_tool():
    with pytest.raises(NotATool, match="docstring is missing"):

        @tool(description=" ")
        def add(a: int) -> int:
            return a


def test_a_registry_takes_tools_by_its_decorator():
    registry = ToolRegistry()

    @registry.tool
    def plain() -> int:
        """Plain."""
        return 1

    @registry.tool(name="named", description="Named.")
    def other() -> int:
        return 2

    assert [one.name for one in registry.all()] == ["named", "plain"]
    assert (plain(), other()) == (1, 2)
    with pytest.raises(ValueError, match="two tools named 'named'"):
        registry.tool(name="named", description="Again.")(lambda: 3)


async def test_none_as_a_default_is_taken_with_a_warning(make_executor):
    with pytest.warns(UserWarning, match=r"plan: parameter 'due_date' has the default None.*'str | None'"):

        @tool
        async def plan(due_date: str = None) -> str:  # noqa: RUF013  what people type
            """Plans."""
            return due_date or "some day"

    executor = make_executor(plan)
    for payload, result in (
        ({}, "some day"),
        ({"due_date": None}, "some day"),
        ({"due_date": "Monday"}, "Monday"),
    ):
        assert (await executor.execute(name="plan", payload=payload)).result == result
    with pytest.raises(InvalidArguments):
        await executor.execute(name="plan", payload={"due_date": ["Monday"]})


def test_a_type_that_names_none_is_taken_without_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @tool
        async def plan(due_date: str | None = None) -> str:
            """Plans."""
            return due_date or "some day"


# --- Calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "calls",
    [
        [{"name": "square", "payload": {"number": 2}}],
        [{"tool": "square", "payload": {"number": 2}}],
    ],
)
async def test_parallel_calls_name_their_tool_either_way(executor, calls):
    (result,) = await executor.execute_parallel(calls, caller_role="coach", max_concurrent=3)
    assert result.result == 4


def test_the_default_registry_has_the_eight_tools():
    assert {
        *("knowledge_retriever", "compliance_check", "profile_reader", "price_calculator", "stage_classifier"),
        *("crm_integration", "sms_outreach", "competitor_analysis"),
    } <= {one.name for one in build_default_registry().all()}
