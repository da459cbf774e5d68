"""The documentation is true: its Python runs, its links lead somewhere."""

import re
from pathlib import Path

import pytest
from django.test import override_settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def python_of(page: Path) -> str:
    return "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", [page for page in PAGES if python_of(page)], ids=lambda page: page.name)
@pytest.mark.django_db(transaction=True)
def test_the_python_of_a_page_runs(page):
    with override_settings():  # what a page sets is its own
        exec(compile(python_of(page), str(page), "exec"), {"__name__": "docs"})


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_links_of_a_page_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_every_page_of_docs_is_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    unlinked = [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in readme]
    assert not unlinked


def test_every_knob_is_in_the_table():
    settings = (ROOT / "salesboost" / "settings.py").read_text()
    knobs = set(re.findall(r'read_\w+\(\s*"([A-Z_]+)"', settings))
    table = (ROOT / "docs" / "configuration.md").read_text()
    assert not {knob for knob in knobs if f"`{knob}`" not in table}
