"""Experiments with tools: of those that are compared a unit is offered one, in the place of the subject."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tools.decisions import live as decided
from tools.definition.policy import BreakerHold
from tools.definition.tool import ToolDefinition
from tools.errors import UnknownTool
from tools.llm.experiments import live
from tools.llm.experiments.assignment import Running
from tools.llm.experiments.choosing import given_by
from tools.llm.experiments.given import Given
from tools.llm.experiments.kinds import SubjectKind, digest
from tools.llm.experiments.offered import as_offered
from tools.llm.experiments.units import Units
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Question
from tools.state.base import BreakerState

if TYPE_CHECKING:
    from tools.running.executor import ToolExecutor

Tool = ToolDefinition[..., Any]


def offered(
    question: Question, units: Units, role: str, executor: "ToolExecutor"
) -> tuple[Question, tuple[Given, ...]]:
    """*question* with the tools of the arms in which *units* are, and those arms."""
    given = list[Given]()
    for subject in question.tools:
        found = live.arm_of(subject.name, "", units, SubjectKind.TOOL)
        if found is None:
            continue
        tool = callable_one(found[1].value, role, executor)
        if tool is None:
            given.append(given_by(found, units, kind=SubjectKind.TOOL, tool=subject.name, fell_back=True))
            continue
        question = instead(question, subject, tool, found[0])
        is_other = digest(as_offered(tool)) != found[1].sha256
        given.append(given_by(found, units, kind=SubjectKind.TOOL, tool=tool.name, changed=is_other))
    return question, tuple(given)


def callable_one(name: str, role: str, executor: "ToolExecutor") -> Tool | None:
    """The tool *name*; None where *role* may not call it now, or nobody can."""
    try:
        tool = executor.registry.get(name)
    except UnknownTool:
        return None
    policy = decided.policy(tool)
    rests = executor.state.breaker_state(name) is BreakerState.OPEN and policy.breaker_hold is BreakerHold.NONE
    if rests or policy.breaker_hold is BreakerHold.OPEN or not policy.may_be_called_by(role):
        return None
    return tool


def instead(question: Question, subject: Tool, tool: Tool, run: Running) -> Question:
    """*question* with *tool* where *subject* was, and without the others that *run* compares."""
    compared = {subject.name, *(arm.value for arm in run.arms)}
    tools = tuple(tool if each.name == subject.name else each for each in question.tools)
    tools = tuple(each for each in tools if each.name == tool.name or each.name not in compared)
    choice = tool.name if question.choice in compared else question.choice
    return replace(question, tools=once(tools), choice=choice, telling=told_of(question, once(tools)))


def once(tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """*tools*, each once: what stands in for another may have been offered itself."""
    return tuple({tool.name: tool for tool in tools}.values())


def told_of(question: Question, tools: tuple[Tool, ...]) -> Any:
    """What is told in *question*, with what admins have written of *tools*, if it has that."""
    telling = question.telling
    return replace(telling, tools=tools) if isinstance(telling, Described) else telling
