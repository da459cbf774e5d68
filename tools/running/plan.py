"""Which calls of one request wait for which. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from rapidfuzz import process

from tools.definition.mistakes import short
from tools.errors import InvalidArguments
from tools.running.references import Reference, Template

MAX_FAULTS_SHOWN = 20
MAX_CYCLES_SHOWN = 5
SIMILAR = 60
HINT = (
    'give each step an "id" of its own, refer to its result by {"$ref": "id.path"}, '
    'and write {"$$ref": …} for an object that is no reference'
)


class InvalidPlan(InvalidArguments):
    """The calls of one request cannot be put in an order."""

    code = "invalid_plan"
    title = "The calls do not fit together"


@dataclass(frozen=True, slots=True)
class Plan:
    """By the place of a call: its id (``""``: none), its payload, and the places of those that it waits for."""

    ids: Sequence[str]
    payloads: Sequence[Template]
    needs: Sequence[Collection[int]]

    def name(self, index: int) -> str:
        """What to call a call in a message."""
        return _name(self.ids, index)


def make_plan(calls: Sequence[Mapping[str, Any]]) -> Plan:
    """The order in which *calls* (``{"id"?, "payload"?}``) may run.

    Raises InvalidPlan that names all that is wrong.
    """
    faults: list[str] = []
    ids = list(_ids(calls, faults))
    payloads = [Template.of(call.get("payload", {})) for call in calls]
    places = {step: index for index, step in enumerate(ids) if step}
    needs: list[set[int]] = []
    for index, template in enumerate(payloads):
        found, wrong = _needs(index, template, places)
        needs.append(found)
        faults.extend(f"{_name(ids, index)} {fault}" for fault in wrong)
    faults.extend(
        " → ".join(_name(ids, index) for index in cycle) + " wait for each other" for cycle in _cycles(needs)
    )
    if faults:
        more = f"; and {len(faults) - MAX_FAULTS_SHOWN} more" if len(faults) > MAX_FAULTS_SHOWN else ""
        raise InvalidPlan(f"None of the calls was made: {'; '.join(faults[:MAX_FAULTS_SHOWN])}{more}.", hint=HINT)
    return Plan(ids, payloads, needs)


def sorter_of(needs: Sequence[Collection[int]]) -> "TopologicalSorter[int]":
    """Hands out the places of *needs*, each once all that it needs are done."""
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index in range(len(needs)):
        sorter.add(index)  # first of all, so that what is ready at once is so in the given order
    for index, needed in enumerate(needs):
        sorter.add(index, *needed)
    return sorter


def _ids(calls: Sequence[Mapping[str, Any]], faults: list[str]) -> Iterator[str]:
    holders: dict[str, list[int]] = defaultdict(list)
    for number, call in enumerate(calls, 1):
        step = call.get("id") or ""
        if not isinstance(step, str):
            faults.append(f"the id of call {number} is no text: {short(step)}")
            step = ""
        if step:
            holders[step].append(number)
        yield step
    for step, numbers in holders.items():
        if len(numbers) > 1:
            faults.append(f"calls {' and '.join(map(str, numbers))} have the same id {step!r}")


def _needs(index: int, template: Template, places: Mapping[str, int]) -> tuple[set[int], list[str]]:
    """The places that the call at *index* waits for, and what is wrong with its references."""
    needs: set[int] = set()
    faults: list[str] = []
    for text in template.references:
        try:
            step = Reference.parse(text).step
        except ValueError as error:
            faults.append(f"cannot be read: {error}")
            continue
        if step not in places:
            faults.append(f"refers to an unknown step {step!r}{_suggested(step, places)}")
        elif places[step] == index:
            faults.append("refers to itself")
        else:
            needs.add(places[step])
    return needs, faults


def _suggested(step: str, places: Mapping[str, int]) -> str:
    close = process.extractOne(step, list(places), score_cutoff=SIMILAR)
    if close:
        return f": did you mean {close[0]!r}?"
    return "" if places else ": no call has an id"


def _cycles(needs: Sequence[Collection[int]]) -> Iterator[list[int]]:
    """Circles of calls, each call waiting for the next one; the first is named again at the end."""
    left = list(needs)
    for _ in range(MAX_CYCLES_SHOWN):
        try:
            sorter_of(left).prepare()
        except CycleError as error:
            circle: list[int] = error.args[1][::-1]
            yield circle
            for index in circle:
                left[index] = ()
        else:
            return


def _name(ids: Sequence[str], index: int) -> str:
    return repr(ids[index]) if ids[index] else f"call {index + 1}"
