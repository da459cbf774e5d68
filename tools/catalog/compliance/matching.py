"""From a text and rules to violations and a corrected text. Pure functions, no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.catalog.compliance import patterns
from tools.catalog.compliance.checksums import CHECKSUMS

SEVERITIES = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the matcher needs it."""

    code: str
    title: str
    jurisdiction: str
    severity: str
    pattern: str
    unless: str
    checksum: str
    replacement: str
    append: str
    advice: str
    source: str

    @classmethod
    def from_model(cls, row: object) -> "Rule":
        """The rule that has the values of *row*, a ``ComplianceRule``."""
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Violation:
    """A piece of text that breaks a rule: ``text[start:end] == quoted``, counted in characters.

    ``suggestion`` is what to write in its place; None where only a person can put it right. ``append`` is
    what the text lacks and should end with.
    """

    start: int
    end: int
    quoted: str
    rule: str
    title: str
    jurisdiction: str
    severity: str
    advice: str
    source: str
    suggestion: str | None
    append: str | None


@dataclass(frozen=True, slots=True)
class Findings:
    """All violations in the order of the text, and the codes of rules that took too long to check."""

    violations: list[Violation]
    unchecked: list[str]


def examine(text: str, rules: Iterable[Rule]) -> Findings:
    """Hold *text* to each rule. A slow or broken rule is reported, never left out silently."""
    violations: list[Violation] = []
    unchecked: list[str] = []
    for rule in rules:
        try:
            violations += violations_of(rule, text)
        except (patterns.TooSlow, patterns.BadPattern):
            unchecked.append(rule.code)
    return Findings(sorted(violations, key=lambda found: (found.start, found.end, found.rule)), unchecked)


def violations_of(rule: Rule, text: str) -> list[Violation]:
    """Where *text* breaks *rule*; one place is enough for a rule about something that is missing.

    Raises TooSlow or BadPattern.
    """
    if not text or (rule.unless and patterns.holds(rule.unless, text)):
        return []
    is_real = CHECKSUMS.get(rule.checksum)
    matches = [match for match in patterns.find(rule.pattern, text) if is_real is None or is_real(match.group())]
    return [_violation(rule, match) for match in matches[: 1 if rule.append else None]]


def _fix(rule: Rule, match: Any) -> str | None:
    if not rule.replacement:
        return None
    fixed = patterns.expand(match, rule.replacement)
    starts_sentence = match.group()[0].isupper() and fixed[:1].islower()
    return fixed[:1].upper() + fixed[1:] if starts_sentence else fixed


def _violation(rule: Rule, match: Any) -> Violation:
    return Violation(
        start=match.start(),
        end=match.end(),
        quoted=match.group(),
        rule=rule.code,
        title=rule.title,
        jurisdiction=rule.jurisdiction,
        severity=rule.severity,
        advice=rule.advice,
        source=rule.source,
        suggestion=_fix(rule, match),
        append=rule.append or None,
    )


def correct(text: str, violations: Sequence[Violation]) -> str:
    """*text* with the suggestions in place and what it lacks at its end.

    Where violations overlap, one is replaced: the gravest, then the longest, then the first, then by code.
    """
    ranked = sorted(
        (found for found in violations if found.suggestion is not None),
        key=lambda found: (-SEVERITIES.index(found.severity), found.start - found.end, found.start, found.rule),
    )
    taken = bytearray(len(text))
    chosen: list[Violation] = []
    for found in ranked:
        if not any(taken[found.start : found.end]):
            taken[found.start : found.end] = b"\1" * (found.end - found.start)
            chosen.append(found)
    pieces, at = [], 0
    for found in sorted(chosen, key=lambda found: found.start):
        pieces += [text[at : found.start], found.suggestion or ""]
        at = found.end
    corrected = "".join([*pieces, text[at:]])
    # Several laws may ask for the same thing in other words: each sentence once, the gravest rule's first.
    missing = dict.fromkeys(found.append for found in violations if found.append)
    return " ".join([corrected.rstrip(), *missing]) if missing else corrected
