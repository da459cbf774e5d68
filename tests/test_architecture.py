"""The page that says where what is, and the tree, tell the same."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
# Django's own places, of which nobody needs to be told.
DJANGOS = {"migrations", "management", "templatetags", "models"}
ROOMS = sorted(
    place.parent
    for top in ("salesboost", "tools", "telemetry", "dashboard")
    for place in (ROOT / top).glob("*/__init__.py")
    if place.parent.name not in DJANGOS
)
NAMES = [str(room.relative_to(ROOT)) for room in ROOMS]
FILES = {
    str(file.relative_to(ROOT))
    for top in ("salesboost", "tools", "telemetry", "dashboard")
    for file in (ROOT / top).rglob("*.py")
}


def section(top):
    """What the page says of the package *top*: up to the heading of the next."""
    return re.split(rf"^## .*`{top}/`.*$", PAGE, flags=re.M)[1].split("\n## ")[0]


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_every_room_is_on_the_page_and_says_what_it_is(room):
    assert re.search(rf"`(?:\w+/)?{room.name}/", section(room.parent.name)), "a room that the page does not name"
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
    assert said and len(said.splitlines()[0]) > 15


@pytest.mark.parametrize("top", ["salesboost", "tools", "telemetry", "dashboard"])
def test_every_file_that_the_page_names_is_there(top):
    named = set(re.findall(r"`([\w/]+\.py)`", section(top)))
    missing = [
        name
        for name in named
        if not any(f"/{file}".endswith(f"/{name}") and file.startswith(top) for file in FILES)
    ]
    assert named and not missing


def test_no_module_is_lost_at_the_top():
    """There are rooms for everything: at the top stand Django's places and public names."""
    for top, most in (("tools", 9), ("telemetry", 6), ("dashboard", 7)):
        modules = [file.name for file in (ROOT / top).glob("*.py")]
        assert len(modules) <= most, modules
