"""What the tables of choice hold. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.pages.choice.queries import Came
from tools.selection.group import Group

COLOURS = 6
NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group and what its choices of the period came to."""

    name: str
    policy: str
    stands_in_admin: bool
    chosen: int
    unknown: int
    told: int
    most: str  # the member that was chosen most
    most_share: float | None
    mean: float | None
    regret: float | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    name: str
    colour: int
    came: Came
    share: float | None
    regret_each: float | None  # the reward that each choice of it missed, by the estimate
    closed: str  # why it is left out of choices now; "" if it is not


def group_rows(found: Mapping[str, Mapping[str, Came]], groups: Mapping[str, Group]) -> list[GroupRow]:
    """The groups that were chosen from, the busiest first, then those of the admin that were not."""
    rows = [row_of(name, members, groups.get(name)) for name, members in found.items()]
    rows.sort(key=lambda row: (-row.chosen, row.name))
    return rows + [row_of(name, {}, group) for name, group in sorted(groups.items()) if name not in found]


def row_of(name: str, members: Mapping[str, Came], group: Group | None) -> GroupRow:
    chosen = sum(came.chosen for came in members.values())
    told = sum(came.told for came in members.values())
    most = max(members, key=lambda member: members[member].chosen, default="")
    return GroupRow(
        name=name,
        policy=(group.policy if group else "").replace("_", "-"),
        stands_in_admin=group is not None,
        chosen=chosen,
        unknown=sum(came.unknown for came in members.values()),
        told=told,
        most=most,
        most_share=members[most].chosen / chosen if chosen else None,
        mean=sum(came.rewards for came in members.values()) / told if told else None,
        regret=regret(members),
        newest=max((came.newest for came in members.values() if came.newest), default=None),
    )


def regret(members: Mapping[str, Came]) -> float | None:
    """The reward missed, estimated: how often each was chosen times how far its mean is from the best one's."""
    best = best_mean(members)
    if best is None:
        return None
    return sum(came.chosen * (best - came.mean) for came in members.values() if came.mean is not None)


def best_mean(members: Mapping[str, Came]) -> float | None:
    """None with fewer than two whose mean is known: there is nothing to miss."""
    means = [came.mean for came in members.values() if came.mean is not None]
    return max(means) if len(means) > 1 else None


def member_rows(
    members: Mapping[str, Came], group: Group | None, closed: Mapping[str, str] = NONE
) -> list[MemberRow]:
    """The members, also those that were never chosen; the most chosen first."""
    every = {**dict.fromkeys(group.members if group else (), Came()), **members}
    chosen = sum(came.chosen for came in every.values())
    best = best_mean(every)
    ordered = sorted(every.items(), key=lambda item: (-item[1].chosen, item[0]))
    return [
        MemberRow(
            name=name,
            colour=number if number <= COLOURS else 0,
            came=came,
            share=came.chosen / chosen if chosen else None,
            closed=closed.get(name, ""),
            regret_each=None if best is None or came.mean is None else best - came.mean,
        )
        for number, (name, came) in enumerate(ordered, start=1)
    ]


def weights_words(latency: float, cost: float) -> str:
    """What takes from a reward, for people."""
    taken = [f"{latency:g} a second"] * bool(latency) + [f"{cost:g} a dollar"] * bool(cost)
    return f"1 for a success, less {' and '.join(taken)}" if taken else "1 for a success, 0 for a failure"


def legend(rows: Sequence[MemberRow]) -> list[tuple[str, int]]:
    named = [(row.name, row.colour) for row in rows if row.colour]
    return [*named, ("other members", 0)] if any(not row.colour for row in rows) else named
