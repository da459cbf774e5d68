"""The rules that ship, from ``rules.toml`` into the database."""

import tomllib
from pathlib import Path
from typing import Any

from simple_history.utils import bulk_create_with_history

from tools.catalog.compliance.models import ComplianceRule

RULES = Path(__file__).with_name("rules.toml")


def seed(stdout: Any = None) -> None:
    """Fill the empty table of rules. Does nothing where there are rules already."""
    if ComplianceRule.objects.exists():
        return
    rules = shipped_rules()
    bulk_create_with_history(rules, ComplianceRule)
    if stdout:
        stdout.write(f"{len(rules)} compliance rules.")


def shipped_rules() -> list[ComplianceRule]:
    """The rules of ``rules.toml``, not saved."""
    rows = tomllib.loads(RULES.read_text(encoding="utf-8"))["rule"]
    return [
        ComplianceRule(**{**row, "pattern": widen(row["pattern"]), "unless": widen(row.get("unless", ""))})
        for row in rows
    ]


def widen(pattern: str) -> str:
    """The pattern with any white space for a blank, and both apostrophes for the straight one."""
    return pattern.replace(" ", r"\s+").replace("'", "['’]")
