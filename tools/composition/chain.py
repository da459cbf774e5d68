"""The plainest pipeline: each tool is given what the one before gave."""

from typing import Any

from tools.composition.pipeline import pipeline
from tools.composition.steps import Inner, Step, step
from tools.definition.tool import ToolDefinition


def compose(name: str, *tools: Inner, description: str, **options: Any) -> ToolDefinition[..., Any]:
    """A tool that hands its arguments to the first of *tools*, its result to the next, and so on.

    A result that is an object is the next one's arguments, anything else its only required argument; where names
    differ, write a ``pipeline``. A tool may come more than once. *options*: see ``pipeline``.
    """
    return pipeline(
        name, *(_numbered(at, tool) for at, tool in enumerate(tools, 1)), description=description, **options
    )


def _numbered(at: int, tool: Inner) -> Step:
    made = step(tool)
    return step(tool, id=f"{at} ({made.tool})")
