"""The groups that stand in the admin, as this process knows them: asked without a query, read every second."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tools.process.renewal import Renewed
from tools.selection.group import Group

Groups = Mapping[str, Group]


class LiveGroups(Renewed[Groups]):
    """Those of one process."""

    def __init__(self) -> None:
        super().__init__({}, "groups of choice")

    def read(self) -> Groups:
        from tools.selection.members import stored_as_closed
        from tools.selection.models import SelectionGroup

        groups = [row.as_group() for row in SelectionGroup.objects.all()]
        return {each.name: replace(each, closed=stored_as_closed(each.kind, each.members)) for each in groups}

    def named(self, name: str) -> Group | None:
        return self.current().get(name)

    def of_members(self, members: Sequence[str]) -> Group | None:
        """The group that has just these members, in whatever order."""
        wanted = set(members)
        return next((group for group in self.current().values() if set(group.members) == wanted), None)


_live = LiveGroups()
named = _live.named
of_members = _live.of_members
current = _live.current
stop = _live.stop
refresh = _live.refresh
pinned = _live.pinned
