"""How spans name a tool and its MCP server, and whether two names mean one tool. Pure.

They do if they are equal, or equal but for the server's name before one of them. Frameworks and gateways put the
server's name before a tool's, as two servers may have a ``search`` each. But ``web_search`` may as well be another
tool, which calls ``search``. So a prefix is one only where it is known to name a server: by its form, or because a
span of the call says so. Without that the two are two calls. To count one call twice shows too many calls under
two names, each with its right rate; to take two for one hides all calls of a tool and all its failures, and no
rule fires for what is hidden.
"""

import re
from collections.abc import Callable, Collection, Mapping
from enum import IntEnum
from typing import Any

from telemetry.semconv import MCP_SERVERS
from telemetry.values.texts import clean

# As Claude and those after it write it: mcp__<server>__<tool>.
FORM, PARTING = "mcp__", "__"
_BETWEEN = re.compile(r"[\W_]+")
SERVER_CHARS = 96


class Named(IntEnum):
    """How surely a span of a tool call names its tool."""

    NOT = 0
    BY_ITS_NAME = 1  # which is as the conventions want it: tools/call crm
    SAID = 2  # by an attribute


def server_in(attributes: Mapping[str, Any]) -> str:
    """What an MCP span with *attributes* says that its server is called."""
    said = (attributes.get(name) for name in MCP_SERVERS)
    return clean(next((name for name in said if isinstance(name, str)), ""), SERVER_CHARS)


def is_same_tool(one: str, other: str, servers: Callable[[], Collection[str]] = tuple) -> bool:
    """Whether *one* and *other* mean one tool. *servers* are those known to be asked, by their ``plain`` names."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    if short == long:
        return True
    prefix = prefix_of(short, long)
    if not prefix:
        return False
    if prefix.startswith(FORM) and prefix.endswith(PARTING) and plain(prefix[len(FORM) :]):
        return True
    return plain(prefix).removeprefix("mcp_") in servers()


def prefix_of(short: str, long: str) -> str:
    """What stands in *long* before *short*, with the separator after it; nothing where that is no prefix."""
    prefix = long.removesuffix(short) if short else ""
    return "" if prefix in ("", long) or prefix[-1].isalnum() else prefix


def plain(name: str) -> str:
    """*name* of a server as it may stand in a tool's: in lower case, its words joined by underscores."""
    return _BETWEEN.sub("_", name.casefold()).strip("_")
