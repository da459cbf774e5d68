"""Prompts as this process knows them: rendered without a query.

A thread, which the first use starts, reads every second where labels point (one query, and two more for versions
that are new), so a move acts within two seconds in every process; while Postgres is away what was read last stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.llm.prompts.errors import CannotRender
from tools.llm.prompts.families import family_of, rung_of
from tools.llm.prompts.rendering import Rendered, Version
from tools.llm.prompts.variables import listed
from tools.process.renewal import Renewed

PRODUCTION = "production"
DETAILED = "detailed"


@dataclass(frozen=True)
class Snapshot:
    """At one moment, by a prompt's name: its labels and the version that each points at."""

    prompts: Mapping[str, Mapping[str, Version | None]] = field(default_factory=dict)
    versions: Mapping[int, Version] = field(default_factory=dict)  # by primary key

    def version(self, name: str, label: str) -> Version:
        """Raises CannotRender where there is none."""
        labels = self.prompts.get(name)
        if labels is None:
            raise CannotRender(f"There is no prompt {name!r}; there are {listed(self.prompts) or 'none'}.")
        if label not in labels:
            raise CannotRender(f"The prompt {name} has no label {label!r}; it has {listed(labels)}.")
        found = labels[label]
        if found is None:
            raise CannotRender(f"The prompt {name} has no version in {label} yet.")
        return found


def read_snapshot(known: Mapping[int, Version]) -> Snapshot:
    """What labels point at; versions never change, so those that are *known* are not read again."""
    from tools.llm.prompts.models import Label, PromptVersion

    rows: list[tuple[str, str, int | None]] = list(Label.objects.values_list("prompt__name", "name", "version_id"))
    wanted = {version for _, _, version in rows if version is not None}
    versions = {pk: known[pk] for pk in wanted if pk in known}
    if new := wanted - versions.keys():
        found = PromptVersion.objects.filter(pk__in=new).select_related("prompt").prefetch_related("variants")
        versions |= {version.pk: version.plain() for version in found}
    prompts: dict[str, dict[str, Version | None]] = {}
    for name, label, version in rows:
        prompts.setdefault(name, {})[label] = versions.get(version) if version is not None else None
    return Snapshot(prompts, versions)


class Prompts(Renewed[Snapshot]):
    """The prompts of one process."""

    def __init__(self) -> None:
        super().__init__(Snapshot(), "prompts")

    def read(self) -> Snapshot:
        return read_snapshot(self.snapshot.versions)

    def is_live(self, name: str) -> bool:
        """Whether there is a prompt *name* with something in production."""
        return bool(self.current().prompts.get(name, {}).get(PRODUCTION))

    def version_named(self, name: str, label: str = PRODUCTION) -> str:
        """The version that *label* points at, ``support@3``. Raises CannotRender where there is none."""
        return self.current().version(name, label).name

    def rendered(
        self,
        name: str,
        *,
        model: str,
        label: str = PRODUCTION,
        rung: str = DETAILED,
        variables: Mapping[str, object] | None = None,
        most_tokens: int | None = None,
    ) -> Rendered:
        """The text that *model* is to be sent, of the version that *label* points at.

        With *most_tokens* (an estimate: four characters each) what may be cut is. Raises CannotRender.
        """
        version = self.current().version(name, label)
        return version.rendered(family_of(model), rung_of(rung), variables or {}, most_tokens)


_live = Prompts()
rendered = _live.rendered
is_live = _live.is_live
version_named = _live.version_named
current = _live.current
start = _live.start
stop = _live.stop
refresh = _live.refresh
pinned = _live.pinned
