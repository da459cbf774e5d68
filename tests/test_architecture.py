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
# Of those a page would only say that Django asks for them.
UNTOLD = {"__init__", "apps"}
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
        if name not in FILES  # in another package, by its whole path
        and not any(f"/{file}".endswith(f"/{name}") and file.startswith(top) for file in FILES)
    ]
    assert named and not missing


@pytest.mark.parametrize("top", ["salesboost", "tools", "telemetry", "dashboard"])
def test_every_module_at_the_top_is_on_the_page(top):
    said = section(top)
    modules = {file.stem for file in (ROOT / top).glob("*.py")} - UNTOLD
    assert modules and not [name for name in modules if not re.search(rf"`{name}(\.py)?`", said)]


def rows():
    """What the table "Where is …?" says: each subject, and where it is."""
    table = PAGE.split("\n## Where is …?\n")[1].split("\n## ")[0]
    return [tuple(row.strip("| ").split(" | ")) for row in re.findall(r"^\| .*$", table, re.M)[2:]]


def defined(file):
    """The functions, classes and constants of *file*, and its methods as ``Class.method``."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    body = ast.parse(file.read_text()).body
    top = [node for node in body if isinstance(node, kinds)]
    methods = [f"{node.name}.{each.name}" for node in top for each in node.body if isinstance(each, kinds)]
    set_to = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    set_to += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    constants = [target.id for target in set_to if isinstance(target, ast.Name)]
    return {*(node.name for node in top), *methods, *constants}


@pytest.mark.parametrize(("subject", "told"), rows(), ids=[subject for subject, _ in rows()])
def test_a_subject_is_where_the_table_says(subject, told):
    files = []
    for name in re.findall(r"`([^`]+)`", told):
        if "/" in name:
            files = list(ROOT.glob(re.sub(r"<\w+>", "*", name)))
            assert files, f"there is no {name}"
        else:
            assert any(name in defined(file) for file in files), f"no {name} in {files}"
    assert files


def test_no_module_is_lost_at_the_top():
    """There are rooms for everything: at the top stand Django's places and public names."""
    for top, most in (("tools", 9), ("telemetry", 6), ("dashboard", 7)):
        modules = [file.name for file in (ROOT / top).glob("*.py")]
        assert len(modules) <= most, modules
