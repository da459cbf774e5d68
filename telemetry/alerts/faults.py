"""Rules that could not be judged: caught one by one, noted, and told once while they last."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from telemetry.alerts import outbox
from telemetry.alerts.models import Rule, RuleFault

logger = logging.getLogger(__name__)
MOST_CHARS = 300


@dataclass(slots=True)
class Found:
    """What went wrong in one round of judging: the error of each rule and tool, blank for all of a rule's.

    *left_out*: how many tools each rule had no room for.
    """

    errors: dict[tuple[int, str], str] = field(default_factory=dict)
    left_out: dict[int, int] = field(default_factory=dict)

    @contextmanager
    def caught(self, rules: Sequence[Rule], tool: str = "") -> Iterator[None]:
        """Whatever fails within is noted for each of *rules* and goes no further."""
        try:
            yield
        except Exception as error:
            said = f"{type(error).__name__}: {error}"[:MOST_CHARS]
            # What fails for one tool may fail for hundreds, at each look: one shows where, the others are named.
            whom = [rule.name for rule in rules], tool or "any tool", said
            logger.error("Rules %s cannot be judged for %s: %s", *whom, exc_info=not self.errors)
            self.errors |= {(rule.pk, tool): said for rule in rules}


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that is not judged now, for one tool or, blank, at all; *error* in one line."""

    rule: str
    tool: str
    error: str
    since: datetime


def current() -> list[Fault]:
    """The faults of the last round, the oldest first; one query."""
    rows = RuleFault.objects.order_by("since", "pk").values_list("rule__name", "tool", "error", "since")
    return [Fault(*row) for row in rows]


def faulty_rules(faults: Iterable[Fault]) -> int:
    """How many rules *faults* are of: the number that people are told."""
    return len({fault.rule for fault in faults})


def note(found: Found, rules: Iterable[Rule], now: datetime) -> None:
    """Keep the faults of this round and no others; the routes are told of a rule that had none before."""
    had = set(RuleFault.objects.values_list("rule_id", flat=True))
    if not had and not found.errors:
        return
    RuleFault.objects.bulk_create(
        [
            RuleFault(rule_id=rule_pk, tool=tool, error=error, since=now, seen_at=now)
            for (rule_pk, tool), error in found.errors.items()
        ],
        update_conflicts=True,
        unique_fields=["rule", "tool"],
        update_fields=["error", "seen_at"],
    )
    RuleFault.objects.exclude(seen_at=now).delete()
    for rule in rules:
        new = sorted(tool for rule_pk, tool in found.errors if rule_pk == rule.pk and rule.pk not in had)
        if new:
            _tell(rule, new, found.errors[rule.pk, new[0]], now)


def _tell(rule: Rule, tools: Sequence[str], error: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            outbox.tell_fault(rule, tools, error, now)
    except Exception:
        logger.exception("Nobody is told that the rule %s cannot be judged", rule.name)
