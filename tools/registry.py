"""The registry by its public name; it lives in ``tools.definition``."""

from tools.definition.registry import ToolRegistry, build_default_registry, registry_of
from tools.definition.schema import NotATool
from tools.definition.schemas.faults import FaultyTools
from tools.definition.tool import NAME_PATTERN, ToolDefinition, faults_of_name

__all__ = [
    "NAME_PATTERN",
    "FaultyTools",
    "NotATool",
    "ToolDefinition",
    "ToolRegistry",
    "build_default_registry",
    "faults_of_name",
    "registry_of",
]
