"""GEPA's search, by an adapter of ours: what it asks goes through our budget, and nothing is held out of ours.

gepa is loaded here alone, and by who searches alone. It gets no folder, no model's name and no key; it writes
nothing, and takes its own bound on calls for a moment to look at: ours is the one that holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version as version_of
from typing import Any, TypeVar

from gepa.api import optimize
from gepa.core.adapter import EvaluationBatch, ProposalFn
from gepa.core.state import GEPAState

from tools.llm.evolution.optimising.budget import Over
from tools.llm.evolution.optimising.cases import Recorded
from tools.llm.evolution.optimising.reflecting import Reflector, example
from tools.llm.evolution.optimising.scoring import Scored, Scorer, share
from tools.llm.evolution.optimising.splitting import Parts

Result = TypeVar("Result")
COMPONENT = "text"
BATCH = 3
NAME = f"gepa {version_of('gepa')}"


@dataclass(frozen=True, slots=True)
class Searched:
    """The best text and its share of right cases in validation, beside what is live; ``why`` it ended."""

    text: str
    live: float
    best: float
    why: str
    texts: int


class Quiet:
    """gepa prints otherwise."""

    def log(self, message: str) -> None:
        pass


@dataclass(slots=True)
class Search:
    """What gepa asks of us, as its adapter, and when it is over."""

    scorer: Scorer
    reflector: Reflector
    seed: str
    validation: Sequence[Recorded]
    iterations: int
    told: Callable[[float], None]  # the best share so far
    propose_new_texts: ProposalFn | None = None
    why: str = ""
    error: Exception | None = None
    _shares: dict[str, float] = field(default_factory=dict, init=False)

    def evaluate(
        self, batch: list[Recorded], candidate: dict[str, str], capture_traces: bool = False
    ) -> "EvaluationBatch[Scored, Scored]":
        """Raises Over, which gepa takes for a failed step: ``is_over`` then says so."""
        text = candidate[COMPONENT]
        scored = self._tried(lambda: self.scorer.score(text, batch))
        if len(batch) == len(self.validation) and batch == list(self.validation):
            self._shares[text] = share(scored)
            self.told(self.best[1])
        return EvaluationBatch(
            outputs=scored,
            scores=[each.score for each in scored],
            trajectories=scored if capture_traces else None,
        )

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: "EvaluationBatch[Scored, Scored]",
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {COMPONENT: [example(each) for each in eval_batch.trajectories or ()]}

    def propose(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """A new text, which is a version; {} where none came."""
        if self.why:
            return {}  # gepa tries again what failed
        new = self._tried(lambda: self.reflector.better(candidate[COMPONENT], reflective_dataset[COMPONENT]))
        return {COMPONENT: new} if new and new != candidate[COMPONENT] else {}

    def _tried(self, what: Callable[[], Result]) -> Result:
        try:
            return what()
        except Over as over:
            self.why = self.why or over.why
            raise
        except Exception as error:
            self.error = self.error or error
            self.why = self.why or type(error).__name__
            raise

    def is_over(self, gepa_state: "GEPAState[Scored, int]") -> bool:
        if not self.why and gepa_state.i >= self.iterations:
            self.why = "it came to no better text any more"
        if not self.why and self.best[1] >= 1.0:
            self.why = "all of the validation was right"
        return bool(self.why)

    @property
    def best(self) -> tuple[str, float]:
        """The first of the best, as what is live was there before."""
        text = max(self._shares, key=lambda each: self._shares[each], default=self.seed)
        return text, self._shares.get(text, 0.0)

    @property
    def shares(self) -> Mapping[str, float]:
        return self._shares


def search(
    scorer: Scorer,
    reflector: Reflector,
    parts: Parts,
    *,
    iterations: int,
    told: Callable[[float], None],
    seed: int,
) -> Searched:
    """The best text that was found before something was over. What was held out is not given on.

    Raises Over where not even what is live could be scored, and whatever went wrong besides.
    """
    live = scorer.version.texts[scorer.key]
    found = Search(scorer, reflector, live, parts.validation, iterations, told)
    optimize(
        seed_candidate={COMPONENT: live},
        trainset=list(parts.training),
        valset=list(parts.validation),
        adapter=found,
        custom_candidate_proposer=found.propose,
        reflection_minibatch_size=BATCH,
        stop_callbacks=found.is_over,
        logger=Quiet(),
        raise_on_exception=False,
        track_best_outputs=False,
        seed=seed,
    )
    if found.error is not None:
        raise found.error
    text, best = found.best
    return Searched(text, found.shares[live], best, found.why, len(found.shares))
