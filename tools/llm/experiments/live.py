"""Runs that are going on, as this process knows them: an arm is chosen without a query.

A thread, which the first use starts, reads them every second (one query, and two more for versions that are new),
so a run that is started, widened or stopped is so within two seconds in every process. While Postgres is away what
was read last stays. The same thread writes down who was sent what (``exposing``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.llm.experiments import exposing
from tools.llm.experiments.assignment import Arm, Running, assigned
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.units import Units
from tools.llm.prompts.rendering import Version
from tools.process.renewal import Renewed


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The runs of one moment, by their subject, which is in one at most."""

    runs: Mapping[Subject, Running] = field(default_factory=dict)
    versions: Mapping[int, Version] = field(default_factory=dict)  # by primary key


def read_snapshot(known: Mapping[int, Version]) -> Snapshot:
    """What is going on; versions never change, so those that are *known* are not read again."""
    from tools.llm.experiments.models import Arm as ArmRow
    from tools.llm.experiments.models import State
    from tools.llm.prompts.models import PromptVersion

    running = ArmRow.objects.filter(run__state=State.RUNNING).order_by("run_id", "pk")
    rows = list(running.select_related("run__experiment"))
    wanted = {row.version_id for row in rows if row.version_id is not None}
    versions = {pk: known[pk] for pk in wanted if pk in known}
    if new := wanted - versions.keys():
        found = PromptVersion.objects.filter(pk__in=new).select_related("prompt").prefetch_related("variants")
        versions |= {version.pk: version.plain() for version in found}
    by_subject: dict[Subject, list[Any]] = {}
    for row in rows:
        by_subject.setdefault(row.run.about, []).append(row)
    return Snapshot({about: as_running(arms, versions) for about, arms in by_subject.items()}, versions)


def as_running(rows: list[Any], versions: Mapping[int, Version]) -> Running:
    """A run without its tables; *rows* are its arms."""
    run = rows[0].run
    return Running(
        pk=run.pk,
        number=run.number,
        experiment=run.experiment.name,
        salt=run.experiment.salt,
        unit=run.experiment.unit,
        label=run.experiment.label,
        share=run.share,
        stratum=run.step,
        arms=tuple(as_arm(row, versions) for row in rows),
    )


def as_arm(row: Any, versions: Mapping[int, Version]) -> Arm:
    version = versions[row.version_id] if row.version_id is not None else None
    return Arm(row.pk, row.label, row.weight, version, row.value, row.sha256)


class Experiments(Renewed[Snapshot]):
    """The experiments of one process."""

    def __init__(self) -> None:
        super().__init__(Snapshot(), "experiments")

    def read(self) -> Snapshot:
        return read_snapshot(self.snapshot.versions)

    def after_reading(self) -> None:
        exposing.write_down()

    def arm_of(
        self, name: str, label: str, units: Units, kind: SubjectKind = SubjectKind.PROMPT
    ) -> tuple[Running, Arm] | None:
        """The arm in which one of *units* is that would get *name*, of a prompt its *label*; None for none."""
        run = self.current().runs.get(Subject(kind, name))
        if run is None or run.label != label:
            return None
        arm = assigned(run, units.of(run.unit))
        return (run, arm) if arm else None

    def is_in_one(self, version: str) -> bool:
        """Whether an experiment goes on with the prompt of *version*, ``support@3``, whoever is in it."""
        return Subject(SubjectKind.PROMPT, version.partition("@")[0]) in self.current().runs


_live = Experiments()
arm_of = _live.arm_of
is_in_one = _live.is_in_one
current = _live.current
start = _live.start
stop = _live.stop
refresh = _live.refresh
pinned = _live.pinned
