"""Why nobody can be asked by a name: one sentence each, for people; a problem document at the web's edge."""

from telemetry.semconv import Outcome
from tools.errors import ToolError


class UnknownRoute(ToolError):
    """There is no route and no deployment of that name."""

    code = "unknown_route"
    layer = Outcome.ARGUMENTS
    status = 404
    title = "There is no such route"


class CannotAsk(ToolError):
    """It is there, and cannot be asked as it stands: switched off, without its key, or without a deployment."""

    code = "cannot_ask"
    layer = Outcome.ARGUMENTS
    status = 422
    title = "The route cannot be asked"
