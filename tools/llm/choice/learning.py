"""What a turn says of what was chosen for it. Pure."""

from dataclasses import dataclass

from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.selection.reward import Told

# Errors that tell of the question, whoever is asked it; and that nobody could be asked.
OF_THE_QUESTION = frozenset({ErrorKind.INVALID, ErrorKind.POLICY})
NOBODY = "no_deployment"
# Errors that other words may mend.
OF_THE_WORDS = frozenset({ErrorKind.TOOL_NOT_CALLED, ErrorKind.MALFORMED_CALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a turn came to. ``answered`` is None where it failed, or nobody waited for its end.

    ``is_wrong``: a tool was called wrongly; ``moved_on``: not only the deployment was asked that was chosen.
    """

    answered: bool | None = None
    is_wrong: bool = False
    moved_on: bool = False
    error: ModelError | None = None
    took_ms: float = 0.0
    usd: float = 0.0

    def told(self, success: bool) -> Told:
        return Told(success, self.took_ms, self.usd)


def of_deployment(came: Came) -> Told | None:
    """None for nothing: then its decision stays without feedback."""
    if came.is_wrong or came.moved_on:
        return came.told(False)
    if came.error:
        is_its_own = came.error.kind not in OF_THE_QUESTION and came.error.code != NOBODY
        return came.told(False) if is_its_own else None
    return None if came.answered is None else came.told(came.answered)


def of_words(came: Came) -> Told | None:
    """The same of what a prompt said: that deployments fail says nothing of it."""
    if came.is_wrong or (came.error and came.error.kind in OF_THE_WORDS):
        return came.told(False)
    return None if came.answered is None else came.told(came.answered)
