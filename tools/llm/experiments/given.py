"""The arm that a question was asked with: what its span says, and what is written down when it was sent. Pure."""

from dataclasses import dataclass

from tools.llm.experiments.kinds import SubjectKind, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """``sha256`` is of what has to be sent; '' where that differs by model. ``tool`` is the one that a prompt
    describes, or that is offered by the arm; ``route`` what is asked, as a text. ``fell_back``: the arm was not to
    be had, and the subject was given in its place. ``changed``: the arm is not what it was when the run started.
    """

    experiment: str
    run: int
    run_number: int
    arm: int
    arm_label: str
    unit: str
    stratum: int
    version: str  # "greeting@2", or the arm's value
    sha256: str = ""
    kind: SubjectKind = SubjectKind.PROMPT
    session_id: str = ""
    tool: str = ""
    route: str = ""
    fell_back: bool = False
    changed: bool = False

    @property
    def run_name(self) -> str:
        return f"{self.experiment}@{self.run_number}"

    @property
    def is_whole_prompt(self) -> bool:
        """Whether it is what a model is told before all, which an arm says whole at any rung."""
        return self.kind is SubjectKind.PROMPT and not self.tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """That a unit was sent something. ``sha256`` is of what went out, whatever its arm is."""

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
    """What is written down of *text*, which was sent; with a mark where it is not what the arm is."""
    found = digest(text)
    return Exposure(
        run=given.run,
        arm=given.arm,
        unit=given.unit,
        stratum=given.stratum,
        session_id=given.session_id,
        sha256=found,
        version=given.version,
        model=model,
        wrong_text=is_wrong(given, text, found, failed_over=failed_over),
        failed_over=failed_over or given.fell_back,
    )


def is_wrong(given: Given, text: str, found: str, *, failed_over: bool) -> bool:
    """Whether *text*, of the hash *found*, is not the arm's. Who failed over to another model has another one."""
    if given.changed:
        return True
    if given.kind is SubjectKind.MODEL and failed_over:
        return False
    if not text and given.kind is not SubjectKind.PROMPT:
        return True  # it was not sent at all
    return bool(given.sha256) and found != given.sha256
