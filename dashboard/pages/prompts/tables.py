"""What the tables of prompts hold. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.addresses.selection import Selection
from dashboard.pages.prompts.queries import NOTHING, Figures
from dashboard.wording.states import State, rate_shown, state_of
from telemetry.counts.outcome_counts import Tally
from tools.llm.prompts.models import Label, Prompt, PromptVersion


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version: where it is live, and what its calls of the period came to."""

    prompt: str
    number: int
    labels: Sequence[str]
    version: PromptVersion
    state: State
    rate: float | None
    tally: Tally
    asked: int
    usd_each: Decimal | None
    p50_ms: float | None
    query: str


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt without anything live."""

    name: str
    purpose: str


def version_row(
    selection: Selection, version: PromptVersion, labels: Iterable[Label], found: Figures
) -> VersionRow:
    prompt = version.prompt.name
    return VersionRow(
        prompt=prompt,
        number=version.number,
        labels=[label.name for label in labels if label.version_id == version.pk],
        version=version,
        state=state_of(found.tools),
        rate=rate_shown(found.tools),
        tally=found.tools,
        asked=found.models.calls,
        usd_each=found.models.usd_each,
        p50_ms=found.models.durations.percentile(0.5),
        query=selection.calls(prompt=f"{prompt}@{version.number}"),
    )


def live_or_called(
    selection: Selection, prompts: Sequence[Prompt], called: Iterable[PromptVersion], found: Mapping[str, Figures]
) -> list[VersionRow]:
    """A row for each version that a label points at or that was called, by prompt, the newest first."""
    labels = {prompt.name: list(prompt.labels.all()) for prompt in prompts}
    versions = {str(version): version for version in called if version.prompt.name in labels}
    for prompt in prompts:
        for label in labels[prompt.name]:
            if label.version is not None:
                label.version.prompt = prompt
                versions.setdefault(str(label.version), label.version)
    ordered = sorted(versions.values(), key=lambda version: (version.prompt.name, -version.number))
    return [
        version_row(selection, version, labels[version.prompt.name], found.get(str(version), NOTHING))
        for version in ordered
    ]


def idle(prompts: Iterable[Prompt], rows: Iterable[VersionRow]) -> list[PromptRow]:
    """The prompts that have no row: nothing of them is live, and nothing was called."""
    shown = {row.prompt for row in rows}
    return [PromptRow(prompt.name, prompt.purpose) for prompt in prompts if prompt.name not in shown]
