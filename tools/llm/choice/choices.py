"""What is chosen for one turn: who is asked first, and what prompts say. It learns from the turn, once."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

from telemetry import semconv
from tools.errors import InvalidArguments
from tools.llm.adapters.errors import ModelError
from tools.llm.choice import groups, picking
from tools.llm.choice.learning import Came, of_deployment, of_words
from tools.llm.experiments import live as experiments
from tools.llm.prompts.picked import Picked
from tools.llm.routing.route import Entry, Wish
from tools.llm.transcript import Transcript
from tools.selection.decision import Decision
from tools.selection.group import Group
from tools.selection.members import NOT_THERE, closed_now
from tools.selection.reward import Told

if TYPE_CHECKING:
    from tools.selection.selector import ToolSelector  # with its log, which takes Django to be set up

logger = logging.getLogger(__name__)
ELSEWHERE = "not asked first here"


class Telling(Protocol):
    """What says what models are told."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts that it tells as they are in production."""


class Choices:
    """Those of one turn; without a *selector* none, and all is as weights and labels say."""

    def __init__(self, selector: "ToolSelector | None" = None) -> None:
        self._selector = selector
        self._made: list[tuple[Decision, Callable[[Came], Told | None]]] = []
        self._first: Decision | None = None
        self._is_asked = self._moved_on = False
        # By the group that chose them: what a conversation stays with.
        self.members: dict[str, str] = {}

    async def first(self, order: list[Entry], wish: Wish, resting: Mapping[str, str]) -> list[Entry]:
        """*order*, begun by who is drawn of the group of its first: among those of its rank that do not rest.

        A turn draws once, and never where somebody is wished for, who knows what was said.
        """
        ready = [entry for entry in order if entry.deployment.name not in resting]
        head = ready[0].deployment.name if ready else ""
        if self._selector is None or not head or head == wish.prefer or head in wish.avoid:
            return order
        if self._first is None:
            rank = {entry.deployment.name for entry in order if entry.rank == ready[0].rank}
            self._first = await self._drawn(head, rank, {**resting, **wish.avoid})
        if self._first is None or self._moved_on:
            return order
        member = self._first.member
        return sorted(order, key=lambda entry: entry.deployment.name != member)

    async def _drawn(self, head: str, rank: Collection[str], out: Mapping[str, str]) -> Decision | None:
        """Who is chosen beside *head* in its *rank*, but for those who are *out*; None without a group of them."""
        group = groups.of_deployments(head, rank)

        def closed(group: Group) -> dict[str, str]:
            away = [name for name in group.members if name in out or name not in rank]
            return {name: out.get(name, ELSEWHERE).removeprefix(f"{name}: ") for name in away}

        return await self._decided(group, closed, of_deployment) if group else None

    def asked(self, deployment: str) -> Mapping[str, Any]:
        """Note that *deployment* is asked; what its span says of that, the first time that it is who was drawn."""
        if self._first is None:
            return {}
        self._moved_on |= deployment != self._first.member
        if self._is_asked or self._moved_on:
            return {}
        self._is_asked = True
        return self._first.chosen.attributes()

    async def words(self, telling: Telling, before: Transcript) -> Mapping[str, Picked]:
        """By its name what a prompt of *telling* says to this conversation, which stays with what it was told.

        A prompt of no group is not in it, nor one that an experiment goes on with: that comes first.
        """
        found: dict[str, Picked] = {}
        chosen_from = groups.of_prompts() if self._selector else {}
        for prompt in dict.fromkeys(telling.prompts) if chosen_from else ():
            group = chosen_from.get(prompt)
            if group is None or experiments.is_in_one(prompt):
                continue
            if said := await self._words_of(group, before.told.get(group.name, "")):
                found[prompt] = said
                self.members[group.name] = said.name
        return found

    async def _words_of(self, group: Group, before: str) -> Picked | None:
        if before in group.members and (said := picking.picked(before)):
            return said

        def closed(group: Group) -> dict[str, str]:
            return {member: NOT_THERE for member in group.members if picking.picked(member) is None}

        decision = await self._decided(group, closed, of_words)
        return picking.picked(decision.member) if decision else None

    async def _decided(
        self,
        group: Group,
        closed: Callable[[Group], Mapping[str, str]],
        learns: Callable[[Came], Told | None],
    ) -> Decision | None:
        """None where nobody can be chosen: choice is in nobody's way."""
        assert self._selector is not None
        try:
            made = await self._selector.decide(group.name, closed=lambda now: {**closed(now), **closed_now(now)})
        except InvalidArguments as error:
            logger.info("nothing is chosen of %s: %s", group.name, error)
            return None
        self._made.append((made, learns))
        return made

    def of_words(self) -> Mapping[str, Any]:
        """What the turn's span says of the prompts that were chosen; of several with the chance of them all."""
        made = [decision.chosen for decision, learns in self._made if learns is of_words]
        if len(made) < 2:
            return made[0].attributes() if made else {}
        each = [chosen.attributes() for chosen in made]
        together = {name: ", ".join(str(said[name]) for said in each) for name in each[0]}
        return together | {semconv.SELECTION_PROPENSITY: prod(chosen.propensity for chosen in made)}

    @contextmanager
    def learning(self, came: Callable[[], Came]) -> Iterator[None]:
        """Have what is chosen learn from how that ends which is done within; *came* says it."""
        try:
            yield
        except ModelError as error:
            self._tell(replace(came(), answered=None, error=error))
            raise
        except BaseException:
            self._tell(replace(came(), answered=None))
            raise
        self._tell(came())

    def _tell(self, came: Came) -> None:
        """Once; nobody waits for it."""
        made, self._made = self._made, []
        for decision, learns in made:
            told = learns(replace(came, moved_on=self._moved_on))
            if told is not None and self._selector is not None:
                self._selector.feedback_later(decision.id, told)
