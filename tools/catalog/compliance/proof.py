"""Whether a rule does what it says: that its patterns can be read, are fast, and fit its two examples."""

from typing import Protocol

from tools.catalog.compliance import patterns
from tools.catalog.compliance.matching import Rule, violations_of
from tools.catalog.compliance.patterns import BadPattern, TooSlow


class Edited(Protocol):
    """A rule as somebody edits it."""

    pattern: str
    unless: str
    example: str
    counterexample: str
    replacement: str
    append: str


def faults_of(edited: Edited) -> dict[str, str]:
    """What is wrong with each field."""
    faults = {}
    for name, check in (("pattern", _check_pattern), ("unless", _check_unless)):
        try:
            check(edited)
        except BadPattern as fault:
            faults[name] = str(fault)
        except TooSlow:
            faults[name] = "The pattern takes too long on its own example: bound its repetitions."
    if edited.replacement and edited.append:
        faults["append"] = "Give a replacement or a text to append, not both."
    return faults


def _check_pattern(edited: Edited) -> None:
    patterns.compile_pattern(edited.pattern)
    if patterns.compile_pattern(edited.pattern).fullmatch("", timeout=patterns.TIME_LIMIT_S):
        raise BadPattern("The pattern also matches nothing at all: make a part of it obligatory.")
    patterns.check_speed(edited.pattern, edited.example)
    patterns.compile_pattern(edited.unless)
    rule = Rule.from_model(edited)
    if not violations_of(rule, edited.example):
        raise BadPattern("The pattern does not find its example. What it has to find is: " + edited.example)
    for wrong in violations_of(rule, edited.counterexample):
        raise BadPattern(
            f"The pattern finds “{wrong.quoted}” (characters {wrong.start + 1} to {wrong.end}) in the "
            "counterexample, which is fine: make it narrower."
        )


def _check_unless(edited: Edited) -> None:
    if edited.unless:
        patterns.compile_pattern(edited.unless)
        patterns.check_speed(edited.unless, edited.example)
