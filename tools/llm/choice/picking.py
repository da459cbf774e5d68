"""What members of groups say, as this process knows it: a thread reads versions that are new, once a second."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.db.models import Q

from tools.llm.choice import groups
from tools.llm.prompts import live as prompts
from tools.llm.prompts.picked import Picked
from tools.llm.prompts.rendering import Version
from tools.process.renewal import Renewed

Versions = Mapping[str, Version]


class Picking(Renewed[Versions]):
    """The versions that groups name, by ``coach@3``: labels need not point at them."""

    def __init__(self) -> None:
        super().__init__({}, "versions of prompts that are chosen from")

    def read(self) -> Versions:
        """Versions never change: those that are known are not read again. Two queries where some are new."""
        members = [member for group in groups.of_prompts().values() for member in group.members]
        wanted = {member: named for member in members if (named := groups.read(member)) and named.number}
        known = {member: self.snapshot[member] for member in wanted if member in self.snapshot}
        new = [Q(prompt__name=wanted[name].prompt, number=wanted[name].number) for name in wanted.keys() - known]
        return known | versions_of(new) if new else known

    def picked(self, member: str) -> Picked | None:
        """What *member* says: a version, or a variant of what is in production. None where there is none."""
        named = groups.read(member)
        if named is None:
            return None
        if named.key is None:
            version = self.current().get(member)
            return Picked(member, version) if version else None
        live = prompts.current().prompts.get(named.prompt, {}).get(prompts.PRODUCTION)
        return Picked(member, live, named.key) if live and named.key in live.texts else None


def versions_of(new: list[Q]) -> dict[str, Version]:
    from tools.llm.prompts.models import PromptVersion

    found = PromptVersion.objects.filter(reduce(or_, new)).select_related("prompt").prefetch_related("variants")
    return {version.name: version for version in (row.plain() for row in found)}


_live = Picking()
picked = _live.picked
stop = _live.stop
refresh = _live.refresh
pinned = _live.pinned
