"""The admin page of compliance rules: a rule is tried on its own examples before it is saved."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.cache.editing import DropsResults
from tools.catalog.compliance.matching import Rule, Violation, examine
from tools.catalog.compliance.models import ComplianceRule
from tools.state.base import tag_of_tool


@admin.register(ComplianceRule)
class ComplianceRuleAdmin(DropsResults, SimpleHistoryAdmin, ModelAdmin):
    drops = [tag_of_tool("compliance_check")]
    list_display = ["code", "title", "jurisdiction", "severity", "category", "active"]
    list_filter = ["active", "jurisdiction", "severity", "category"]
    search_fields = ["code", "title", "pattern", "advice"]
    readonly_fields = ["pattern_tester"]
    fieldsets = [
        (None, {"fields": ["code", "title", "category", "jurisdiction", "severity", "active"]}),
        (
            "What it finds",
            {"fields": ["pattern", "unless", "checksum", "example", "counterexample", "pattern_tester"]},
        ),
        ("What to do", {"fields": ["advice", "replacement", "append", "source"]}),
    ]

    @admin.display(description="What the pattern finds")
    def pattern_tester(self, rule: ComplianceRule) -> SafeString | str:
        """Both examples with what the rule finds in them marked; also after a save that was refused."""
        if not rule.pattern:
            return "Save a pattern with an example to see what it finds."
        return format_html_join(
            "",
            "<p>{}: {}</p>",
            ((name, marked(rule, getattr(rule, name))) for name in ("example", "counterexample")),
        )


def marked(rule: ComplianceRule, text: str) -> SafeString:
    """*text* with what *rule* finds in it in ``<mark>``."""
    found = examine(text, [Rule.from_model(rule)])
    if found.unchecked:
        return format_html("{} (the pattern could not be applied)", text)
    return format_html_join("", "{}{}", _pieces(text, found.violations))


def _pieces(text: str, violations: list[Violation]) -> Iterable[tuple[Any, Any]]:
    at = 0
    for found in violations:
        yield text[at : found.start], format_html("<mark>{}</mark>", found.quoted)
        at = found.end
    yield text[at:], ""
