"""The tool ``stage_classifier``: which stage of the sale a conversation is in, and what says so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tools.catalog.conversation.learnt import can_learn, current_model
from tools.catalog.conversation.models import MEANINGS
from tools.catalog.conversation.transcript import Sentence, Turn, read_transcript, split_sentences
from tools.definition.decorators import tool
from tools.errors import ReturnedFailure

if TYPE_CHECKING:
    from tools.catalog.conversation.classifier import Scores, StageModel

# Below either, the answer says that it is not sure.
SURE_CONFIDENCE = 0.5
SURE_LEAD = 0.15
MAX_EVIDENCE = 3


class SpokenTurn(BaseModel):
    """One turn of the conversation."""

    model_config = ConfigDict(extra="forbid")

    speaker: Annotated[str, Field(max_length=100, description="Who speaks, such as 'seller' or a name.")] = ""
    text: Annotated[str, Field(min_length=1, max_length=10_000, description="What they say.")]


TURNS = TypeAdapter(Annotated[list[SpokenTurn], Field(min_length=1)])


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that speaks for the stage. ``turn`` counts from 1; ``weight`` is in log-odds."""

    turn: int
    speaker: str
    quote: str
    cues: list[str]
    weight: float


@dataclass(frozen=True, slots=True)
class StageGuess:
    """A stage with its probability, from 0 to 1."""

    stage: str
    confidence: float


@dataclass(frozen=True, slots=True)
class StageReading:
    """The answer. ``certain`` is False when the runner-up is close or nothing stands out."""

    stage: str
    confidence: float
    certain: bool
    meaning: str
    runner_up: StageGuess
    evidence: list[Evidence]
    probabilities: dict[str, float]
    turns_read: int


@tool(
    idempotent=True,
    read_only=True,
    probe=can_learn,
    roles={"coach"},
    timeout_s=10,
    cache_ttl_s=300,
    tags={"conversation"},
)
def stage_classifier(
    conversation: Annotated[str, Field(min_length=1, max_length=50_000)]
    | Annotated[list[SpokenTurn], Field(min_length=1, max_length=500)],
) -> StageReading:
    """Tell which stage of a sale a conversation is in now, how sure that is, and which sentences say so.

    Use it before coaching a seller on what to do next, or to sort conversations. Stages: prospecting,
    qualification, discovery, presentation (demo), objection_handling, negotiation, closing, follow_up. Later
    turns weigh more, so the answer is about where the conversation has arrived. ``evidence`` quotes sentences
    with their turn numbers (from 1). When ``certain`` is false, name ``runner_up`` too, or read on before you
    advise. It reads English; other languages give an uncertain answer.

    Args:
        conversation: The transcript, one "Speaker: text" line a turn, or a list of turns with speaker and
            text, the oldest first.
    """
    sentences = split_sentences(_turns(conversation))
    if not any(sign.isalpha() for sentence in sentences for sign in sentence.text):
        raise ReturnedFailure(
            "The conversation holds no words.", code="nothing_to_read", hint="send what was said, turn by turn"
        )
    model = current_model()
    scores = model.read(sentences)
    best, second = sorted(scores.probabilities, key=lambda stage: (-scores.probabilities[stage], stage))[:2]
    lead = scores.probabilities[best] - scores.probabilities[second]
    confidence = round(scores.probabilities[best], 3)
    return StageReading(
        stage=best,
        confidence=confidence,
        certain=confidence >= SURE_CONFIDENCE and lead >= SURE_LEAD,
        meaning=MEANINGS[best],
        runner_up=StageGuess(second, round(scores.probabilities[second], 3)),
        evidence=_evidence(model, scores, sentences, best),
        probabilities={stage: round(value, 3) for stage, value in scores.probabilities.items()},
        turns_read=sentences[-1].turn.number,
    )


def _turns(conversation: str | list[SpokenTurn]) -> list[Turn]:
    if isinstance(conversation, str):
        try:
            # Models often send a list as text that holds JSON; a transcript never is JSON.
            conversation = TURNS.validate_json(conversation)
        except ValidationError:
            return read_transcript(str(conversation))
    return [Turn(number, turn.speaker, turn.text) for number, turn in enumerate(conversation, start=1)]


def _evidence(model: "StageModel", scores: "Scores", sentences: list[Sentence], stage: str) -> list[Evidence]:
    """The sentences that added most to *stage*, the strongest first."""
    added = scores.contributions[:, model.stages.index(stage)]
    strongest = [int(place) for place in (-added).argsort(kind="stable")[:MAX_EVIDENCE] if added[place] > 0]
    return [
        Evidence(
            turn=sentences[place].turn.number,
            speaker=sentences[place].turn.speaker,
            quote=sentences[place].text,
            cues=model.cues_in(sentences[place].text, stage),
            weight=round(float(added[place]), 2),
        )
        for place in strongest
    ]
