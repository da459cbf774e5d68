"""Which tools a rule judges, of those that are not registered here: senders can make up any number of names.

Each key has places of its own, so nobody's inventions take the place of what another reports. A tool in trouble
keeps its place until its incident has ended; the places that are left go to those that fail, then to the busiest.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from telemetry.alerts.models import Rule
from telemetry.alerts.windows import Windowed, seen_by
from telemetry.counts.origins import registered
from telemetry.counts.outcome_counts import Tally
from telemetry.models import Series
from telemetry.semconv import OPERATION_EXECUTE_TOOL, Outcome

# So many tools of each key each rule judges; more would be as many states, and messages.
PLACES = 40

BySender = Mapping[str, Mapping[str, Sequence[Tally]]]
Senders = Callable[[Collection[str]], Mapping[str, Collection[str]]]


def by_sender(rule: Rule, windowed: Windowed) -> dict[str, dict[str, list[Tally]]]:
    """What *rule* looks at, by the key that sent it and by tool."""
    found: dict[str, dict[str, list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for calls in windowed.values():
        for key, tally in calls.items():
            if seen_by(rule, key):
                found[key.api_key][key.tool].append(tally)
    return found


def chosen(rule: Rule, called: BySender, troubled: Collection[str], senders: Senders) -> set[str]:
    """The tools of *called* that *rule* judges.

    *troubled*: those that it holds to be in trouble, whether called or not.
    *senders* gives the keys that reported the tools it is asked for.
    """
    if max(map(len, called.values()), default=0) + len(troubled) <= PLACES:
        # There is room for all, whoever's they are: to know our own tools the worker would have to load them.
        return {tool for tools in called.values() for tool in tools}
    ours = {*registered(), rule.tool}
    held = _held(called, set(troubled) - ours, senders)
    always, found = {*ours, *troubled}, set[str]()
    for api_key, tools in called.items():
        found |= tools.keys() & always
        others = [tool for tool in tools if tool not in always]
        places = max(0, PLACES - len(held.get(api_key, ())))
        if len(others) > places:
            others.sort(key=lambda tool: _rank(rule, tool, tools[tool]))
        found |= set(others[:places])
    return found


def senders_of(tools: Collection[str]) -> dict[str, set[str]]:
    """The keys that ever reported each of *tools*; one query."""
    rows = Series.objects.filter(operation=OPERATION_EXECUTE_TOOL, tool__in=tools).values_list("tool", "api_key")
    found: dict[str, set[str]] = defaultdict(set)
    for tool, api_key in rows.distinct():
        found[tool].add(api_key)
    return found


def _held(called: BySender, troubled: Collection[str], senders: Senders) -> dict[str, set[str]]:
    """The tools in trouble by the keys whose places they hold: of one that is quiet, of all that reported it."""
    held = {api_key: set(tools.keys() & troubled) for api_key, tools in called.items()}
    if quiet := set(troubled).difference(*held.values()):
        for tool, api_keys in senders(quiet).items():
            for api_key in api_keys:
                held.setdefault(api_key, set()).add(tool)
    return held


def _rank(rule: Rule, tool: str, tallies: Sequence[Tally]) -> tuple[bool, int, str]:
    """Those first that fail too often, the most failures before fewer; then by calls."""
    failed = sum(tally.failed for tally in tallies)
    could_fail = sum(tally.judged - tally.of(Outcome.FROM_CACHE) for tally in tallies)
    fails = failed > (1 - rule.threshold) * could_fail
    return not fails, -failed if fails else -sum(tally.calls for tally in tallies), tool
