"""Which prompt a model was sent: what its span says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptSent:
    """``sha256`` is of the text that was sent, after variables were filled in and cut."""

    name: str
    version: int
    variant: str  # "brief/simple"
    sha256: str
