"""What is chosen among, and how: a group, as a value. Pure."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tools.errors import InvalidArguments

MOST_MEMBERS, MOST_FEATURES, MOST_CHARS = 20, 8, 200
DAY_S = 86_400.0
HOUR_S = 3_600.0
# The name of a group made up in code has all its members.
PARTS_MEMBERS = "|"
# Stand over REST where a group's name does.
TAKEN = ("choose", "feedback")


@dataclass(frozen=True, slots=True)
class Weights:
    """What a second and a dollar take from the reward of a success, which is 1."""

    latency_per_s: float = 0.0
    cost_per_usd: float = 0.0

    @property
    def are_none(self) -> bool:
        return not self.latency_per_s and not self.cost_per_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Members that can stand for each other, and by which policy one of them is chosen.

    ``half_life_s``: evidence of that age counts half; 0: all of it counts for ever. A decision without feedback
    after ``feedback_within_s`` is unknown until it is told of, late.
    """

    name: str
    members: tuple[str, ...]
    policy: str = "epsilon_greedy"
    epsilon: float = 0.1
    half_life_s: float = DAY_S
    weights: Weights = field(default_factory=Weights)
    features: tuple[str, ...] = ()
    feedback_within_s: float = HOUR_S
    kind: str = ""  # of its members, as ``members.py`` knows them; "" for a group made up in code
    closed: tuple[tuple[str, str], ...] = ()  # members that cannot be chosen now, and why

    @property
    def series(self) -> str:
        """By what its evidence is kept: with other features it means something else."""
        return f"{self.name}?{short_hash(json.dumps(self.features))}" if self.features else self.name

    def seen_with(self, features: Iterable[str]) -> "Group":
        """The same, chosen with features of these names. Raises InvalidArguments for more than it can weigh."""
        names = tuple(features)
        if len(names) > MOST_FEATURES:
            raise InvalidArguments(f"A choice weighs {MOST_FEATURES} features at most: {len(names)} are too many.")
        if wrong := [name for name in names if not is_name(name)]:
            raise InvalidArguments(
                f"The feature {shown(wrong[0])} is no name: use 1 to {MOST_CHARS} characters of one line."
            )
        return replace(self, features=tuple(sorted(names)))


def members_of(names: Sequence[str]) -> tuple[str, ...]:
    """The members of a group made up in code. Raises InvalidArguments for none, too many, and the same twice."""
    if not isinstance(names, Iterable):
        raise InvalidArguments(
            f"{shown(names)} is no group: give the names of its members, or its name in the admin."
        )
    members = tuple(names)
    if not 1 <= len(members) <= MOST_MEMBERS:
        raise InvalidArguments(f"A group has 1 to {MOST_MEMBERS} members, not {len(members)}.")
    if wrong := [name for name in members if not is_name(name)]:
        raise InvalidArguments(f"{shown(wrong[0])} is no name: use 1 to {MOST_CHARS} characters of one line.")
    if len(set(members)) < len(members):
        raise InvalidArguments("A member stands twice in the group: name each once.")
    return members


def is_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MOST_CHARS and name.isprintable() and name.strip() == name


def name_of(members: Sequence[str]) -> str:
    """What a group made up in code is called: its members, in whatever order they were given."""
    ordered = sorted(members)
    name = PARTS_MEMBERS.join(ordered)
    if len(name) <= MOST_CHARS and name.count(PARTS_MEMBERS) == len(ordered) - 1:
        return name
    return f"{name[: MOST_CHARS - 17]}~{short_hash(json.dumps(ordered))}"


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shown(wrong: object) -> str:
    """What is wrong, short, in a sentence of one line that any terminal can print."""
    try:
        text = ascii(wrong[:80] if isinstance(wrong, str) else wrong)
    except Exception:  # it comes from outside: also a number of more digits than Python writes
        text = f"a {type(wrong).__name__}"
    return text if len(text) <= 90 else f"{text[:86]}…"
