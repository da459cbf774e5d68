"""The tool ``compliance_check``: what in a text breaks the law or good practice, and a better wording."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tools.catalog.compliance.matching import SEVERITIES, Rule, Violation, correct, examine
from tools.catalog.compliance.models import ComplianceRule
from tools.catalog.compliance.patterns import MAX_TEXT_CHARS
from tools.definition.decorators import tool

Jurisdiction = Literal["GLOBAL", "EU", "DE", "UK", "US"]
# Which rules hold where. German law comes on top of the Union's.
IN_FORCE: dict[Jurisdiction, frozenset[str]] = {
    "GLOBAL": frozenset({"GLOBAL"}),
    "EU": frozenset({"GLOBAL", "EU"}),
    "DE": frozenset({"GLOBAL", "EU", "DE"}),
    "UK": frozenset({"GLOBAL", "UK"}),
    "US": frozenset({"GLOBAL", "US"}),
}


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """The answer. ``compliant`` is None when a rule could not be checked and no other was broken."""

    compliant: bool | None
    verdict: Literal["compliant", "review", "non_compliant", "undetermined"]
    summary: str
    fail_at: str
    jurisdictions: list[str]
    rules_checked: int
    rules_not_checked: list[str]
    violations: list[Violation]
    corrected_text: str
    needs_a_person: list[str]


@tool(
    idempotent=True,
    read_only=True,
    sample={"text": "We look forward to hearing from you."},
    roles={"coach"},
    timeout_s=15,
    cache_ttl_s=60,
    tags={"compliance"},
)
def compliance_check(
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)],
    jurisdictions: Annotated[list[Jurisdiction], Field(min_length=1)] | None = None,
    fail_at: Literal["low", "medium", "high", "critical"] = "medium",
) -> ComplianceReport:
    """Check a text that a customer will see or hear for wording that breaks law or good practice.

    Use it before sending any message, offer, call script or note to a customer, and when asked whether
    something may be said. It finds, among others: consent and data protection faults (GDPR, TCPA, CAN-SPAM,
    PECR), missing opt-outs, guaranteed returns, "risk-free", unprovable superlatives (UWG), misleading
    comparisons, pressure, bribes, medical and financial claims, recording without consent, and card numbers,
    IBANs or passwords in the text. It knows English and German wording and is no legal advice.

    A violation is a normal answer, not an error. Each has ``quoted`` with its character positions ``start``
    and ``end``, the rule, severity, advice and its legal source. ``corrected_text`` is the whole text with
    the suggestions in place: offer it, except for the rules named in ``needs_a_person``, which no rewording
    puts right. ``verdict`` is ``non_compliant`` from the severity ``fail_at`` on, ``review`` when there are
    only milder violations, ``compliant`` when there is none, and ``undetermined`` when a rule could not be
    checked in time: treat that as not yet cleared.

    Args:
        text: The exact text to check, up to 20,000 characters.
        jurisdictions: Where the reader is. Global rules always apply, and DE includes EU. Leave it out to
            check against all of them.
        fail_at: The mildest severity that makes the text non-compliant.
    """
    wanted = jurisdictions or list(IN_FORCE)
    in_force = sorted(frozenset().union(*(IN_FORCE[name] for name in wanted)))
    rows = ComplianceRule.objects.filter(active=True, jurisdiction__in=in_force).order_by("code")
    rules = [Rule.from_model(row) for row in rows]
    findings = examine(text, rules)
    violations = findings.violations
    verdict = _verdict(violations, findings.unchecked, fail_at)
    return ComplianceReport(
        compliant={"undetermined": None, "non_compliant": False}.get(verdict, True),
        verdict=verdict,
        summary=_summary(violations, findings.unchecked, fail_at),
        fail_at=fail_at,
        jurisdictions=in_force,
        rules_checked=len(rules) - len(findings.unchecked),
        rules_not_checked=findings.unchecked,
        violations=violations,
        corrected_text=correct(text, violations),
        needs_a_person=sorted({found.rule for found in violations if not found.suggestion and not found.append}),
    )


def _verdict(
    violations: list[Violation], unchecked: list[str], fail_at: str
) -> Literal["compliant", "review", "non_compliant", "undetermined"]:
    if any(_grave(found, fail_at) for found in violations):
        return "non_compliant"
    if unchecked:
        return "undetermined"
    return "review" if violations else "compliant"


def _grave(found: Violation, fail_at: str) -> bool:
    return SEVERITIES.index(found.severity) >= SEVERITIES.index(fail_at)


def _summary(violations: list[Violation], unchecked: list[str], fail_at: str) -> str:
    grave = sum(_grave(found, fail_at) for found in violations)
    found = (
        f"Violations: {len(violations)}, of which {fail_at} or worse: {grave}." if violations else "No violation."
    )
    missed = f" Rules that took too long and were not checked: {len(unchecked)}." if unchecked else ""
    return found + missed
