"""The shape of the code that CONTRIBUTING.md promises."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("salesboost", "dashboard", "tools", "telemetry")
FILES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
NAMES = [str(path.relative_to(ROOT)) for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_is_short_and_its_functions_too(path):
    text = path.read_text()
    assert text.count("\n") <= 350, "more than one subject?"
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [function.name for function in functions if lines_of_body(function) > 45]


def lines_of_body(function):
    """Lines after the docstring: a tool's is what a model reads, and long for good reason."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_names_a_package_registry_or_carries_an_index_address():
    registry = re.compile(r"https?://[\w.-]*(pypi|npmjs|pythonhosted|deb\.debian)[\w./-]*")
    tracked = [*LOCKS, ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / ".ci" / "run", *FILES]
    assert not [path.name for path in tracked if registry.search(path.read_text())]
    assert not [path.name for path in LOCKS if "index-url" in path.read_text()]


def pins(lock):
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^ ;\\]+)", lock.read_text(), re.MULTILINE))


def test_what_runs_needs_no_tool_of_tests_and_is_tested_at_the_same_versions():
    run, dev = map(pins, LOCKS)
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    tools = {re.split(r"[\[<>=]", requirement)[0] for requirement in groups}
    assert {"pytest", "playwright", "mypy", "ruff", "hypothesis"} <= tools
    assert not tools & set(run)
    assert tools <= set(dev)
    assert run.items() <= dev.items()


def test_every_dependency_is_locked_with_a_hash():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted} <= set(pins(LOCKS[0]))
    for lock in LOCKS:
        assert lock.read_text().count("==") <= lock.read_text().count("--hash=sha256:")


def test_there_is_one_signal_and_no_receiver_of_model_signals():
    text = {path: path.read_text() for path in FILES}
    assert [path.name for path, content in text.items() if re.search(r"= Signal\(", content)] == ["signals.py"]
    assert not [path for path, content in text.items() if re.search(r"\b(post|pre)_(save|delete)\b", content)]
