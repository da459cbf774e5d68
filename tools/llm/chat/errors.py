"""What can be wrong with a turn over the web: every error of models and prompts as a problem document."""

from collections.abc import Mapping

from telemetry.semconv import Outcome
from tools.errors import InvalidArguments, ProviderError, RateLimited, ToolError, ToolTimeout
from tools.llm.adapters.errors import ErrorKind, ModelError


class ModelFailed(ProviderError):
    """A vendor did not answer, or not as it should."""

    code = "model_failed"
    title = "The model could not be asked"


class ModelAway(ModelFailed):
    """Nobody of the route can be asked now."""

    status = 503
    title = "No model can be asked now"


class ModelLimited(RateLimited):
    title = "The model is asked too often"


class ModelTimeout(ToolTimeout):
    title = "The model took too long"


class ModelRefused(InvalidArguments):
    """What was asked is nothing that the model can be asked."""

    status = 422
    title = "The model cannot be asked this"


class BadQuestion(InvalidArguments):
    """A prompt that cannot be sent, a picture that is none, a conversation that cannot be gone on with."""

    code = "bad_question"
    status = 422
    title = "This cannot be asked"


class Busy(ToolError):
    """The last turn of the conversation is not over."""

    code = "conversation_busy"
    layer = Outcome.RATE_LIMIT
    retryable = True
    status = 409
    title = "The last turn is not over"


class Overtaken(Busy):
    """The turn took so long that the next one has begun."""

    code = "conversation_overtaken"
    title = "Another turn has begun"


class ModelDisobeyed(ModelFailed):
    """It answered twice in words what it had to answer by a call: no third time makes that better."""

    retryable = False


class NotYours(ToolError):
    code = "not_your_conversation"
    layer = Outcome.AUTHORIZATION
    status = 403
    title = "The conversation is somebody else's"


CLASSES: Mapping[ErrorKind, type[ToolError]] = {
    ErrorKind.RATE_LIMIT: ModelLimited,
    ErrorKind.OVERLOADED: ModelAway,
    ErrorKind.UNREACHABLE: ModelAway,
    ErrorKind.TIMEOUT: ModelTimeout,
    ErrorKind.CONTEXT: ModelRefused,
    ErrorKind.POLICY: ModelRefused,
    ErrorKind.CAPABILITY: ModelRefused,
    ErrorKind.INVALID: ModelRefused,
    ErrorKind.TOOL_NOT_CALLED: ModelDisobeyed,
}


def as_tool_error(error: ModelError) -> ToolError:
    """*error* for the web's edge; its code is ``model_`` and the kind, or our own word for it."""
    code = error.code if error.code == "no_deployment" else f"model_{error.kind.value}"
    return CLASSES.get(error.kind, ModelFailed)(str(error), code=code, retry_after_s=error.retry_after_s)
