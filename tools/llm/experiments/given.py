"""The arm that a question was asked with: what its span says, and what is written down when it was sent. Pure."""

from dataclasses import dataclass
from hashlib import sha256

from tools.llm.prompts.sent import PromptSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """``prompt`` is what the arm's version says to this model; ``tool`` the one that it describes, if it does."""

    experiment: str
    run: int
    run_number: int
    arm: int
    arm_label: str
    unit: str
    stratum: int
    prompt: PromptSent
    session_id: str = ""
    tool: str = ""

    @property
    def run_name(self) -> str:
        return f"{self.experiment}@{self.run_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """That a unit was sent a text. ``sha256`` is of what went out, whatever its arm says."""

    run: int
    arm: int
    unit: str
    stratum: int
    session_id: str
    sha256: str
    version: str
    model: str = ""  # who was asked first: "openai/gpt-5.2"
    wrong_text: bool = False
    failed_over: bool = False


def exposure_of(given: Given, text: str, model: str = "", *, failed_over: bool) -> Exposure:
    """What is written down of *text*, which was sent; with a mark where it is not what the arm says."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Exposure(
        run=given.run,
        arm=given.arm,
        unit=given.unit,
        stratum=given.stratum,
        session_id=given.session_id,
        sha256=digest,
        version=f"{given.prompt.name}@{given.prompt.version}",
        model=model,
        wrong_text=digest != given.prompt.sha256,
        failed_over=failed_over,
    )
