"""The one selector of a process."""

import os
import threading

from tools.selection.selector import ToolSelector

_lock = threading.Lock()
_selectors: dict[int, ToolSelector] = {}  # by process id: a forked child builds its own


def get_tool_selector() -> ToolSelector:
    """The selector of this process, as the settings have it; built when first asked for."""
    found = _selectors.get(os.getpid())
    if found is None:
        with _lock:
            found = _selectors.get(os.getpid()) or ToolSelector()
            _selectors.clear()
            _selectors[os.getpid()] = found
    return found


def shutdown() -> None:
    """Write what waits; the next ``get_tool_selector`` builds anew."""
    from tools.selection import live

    selector = _selectors.pop(os.getpid(), None)
    if selector is not None:
        selector.close()
    live.stop()
