"""What can be wrong with a prompt: one sentence each, for people."""


class PromptError(ValueError):
    """What was asked of a prompt cannot be done."""


class BadPrompt(PromptError):
    """What somebody wrote is no version of a prompt."""


class CannotRender(PromptError):
    """The prompt is there, and no text comes of it as it was asked for."""


class Moved(PromptError):
    """Somebody else has moved the label meanwhile."""


class Fixed(PromptError):
    """A version, and what was recorded of labels, is never changed."""
