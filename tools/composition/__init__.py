"""Tools made of tools. Each of these returns a ``ToolDefinition``: registered and called like any other."""

from tools.composition.chain import compose
from tools.composition.conditional import conditional, when
from tools.composition.fallback import fallback
from tools.composition.map_reduce import map_reduce
from tools.composition.pipeline import pipeline
from tools.composition.steps import step

__all__ = ["compose", "conditional", "fallback", "map_reduce", "pipeline", "step", "when"]
