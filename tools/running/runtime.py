"""The one executor of a process."""

import os
import threading
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from tools.definition.registry import ToolRegistry, build_default_registry
from tools.notifications.hooks import Hook
from tools.running.executor import ToolExecutor

_lock = threading.Lock()
_executors: dict[int, ToolExecutor] = {}  # by process id: a forked child builds its own


def get_executor() -> ToolExecutor:
    """The executor of this process, over the default registry; built when first asked for."""
    found = _executors.get(os.getpid())
    if found is None:
        with _lock:
            found = _executors.get(os.getpid()) or ToolExecutor(hooks=build_hooks())
            _executors.clear()
            _executors[os.getpid()] = found
    return found


def tool_names() -> list[str]:
    """The tools that are registered here, in order."""
    return registered().names()


def registered() -> ToolRegistry:
    """The tools that are registered here; to know them no executor is built."""
    executor = _executors.get(os.getpid())
    return executor.registry if executor else _catalog()


@cache
def _catalog() -> ToolRegistry:
    return build_default_registry()


def build_hooks() -> list[Hook]:
    """One object of each class that ``settings.TOOL_HOOKS`` names."""
    return [import_string(path)() for path in settings.TOOL_HOOKS]


def shutdown() -> None:
    """Send what calls left behind and end the threads; the next ``get_executor`` builds anew."""
    from tools.decisions import live

    executor = _executors.pop(os.getpid(), None)
    if executor is not None:
        executor.close()
    live.stop()
