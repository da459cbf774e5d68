"""The harness of `make bench-peers`: what it works out, and that all are given the same work."""

import ast
import gc
import re
import sys

import pytest

from salesboost import garbage
from tests.bench.peers import environments
from tests.bench.peers.calls import PROGRAMS
from tests.bench.peers.comparisons import CALLS, SPANS, Comparison, Figure, amount, check_equal_work, rows, table
from tests.bench.peers.programs import work
from tests.bench.rounds import Ratio, alternate, p99, ratio
from tools import tool

TOOL = {"description": "Gives the number back.", "arguments": {"number": "integer"}}
THEIRS = {"langchain_tool.py": "langchain_core", "fastmcp_tool.py": "fastmcp", "redis_script.py": "redis"}


def said(**changes):
    return {"way": {"median_us": 1.0, "p99_us": 2.0, "calls": 10, "right": 10, **TOOL, **changes}}


# --- Rounds -------------------------------------------------------------------------------------------------


def test_what_is_compared_runs_in_turn_and_in_every_round():
    order = []
    given = alternate({name: lambda name=name: order.append(name) or len(order) for name in "AB"}, 3)
    assert order == ["A", "B", "A", "B", "A", "B"]
    assert given == {"A": [1, 3, 5], "B": [2, 4, 6]}


def test_a_ratio_is_of_medians_and_tells_how_far_apart_rounds_were():
    assert ratio([10, 30, 20], [40, 50, 10]) == Ratio(ours=20, theirs=40, value=0.5, least=0.25, most=2.0)


def test_a_round_that_one_of_both_has_not_run_is_no_round():
    with pytest.raises(ValueError):
        ratio([1, 2], [1])


def test_the_p99_is_what_one_of_a_hundred_is_at_or_above():
    assert p99(range(100)) == 99
    assert p99([5]) == 5
    assert p99(range(3000, 0, -1)) == 2971


# --- What is told -------------------------------------------------------------------------------------------


def test_a_table_has_medians_ratio_spread_and_target():
    ours, theirs = Figure("ours", "way", "median_us"), Figure("theirs", "way", "p99_us")
    programs = {
        "ours": [said(median_us=median) for median in (100, 300, 200)],
        "theirs": [said(p99_us=high) for high in (1000, 1000, 1000)],
    }
    compared = [
        Comparison("met", ours, theirs, at_most=0.2),
        Comparison("missed", ours, theirs, at_most=0.19),
        Comparison("aimed at nothing", ours, theirs, unit="/s"),
    ]
    assert table(rows(compared, programs)).splitlines()[2:] == [
        "| met | 200 µs | 1,000 µs | **0.20** | 0.10 to 0.30 | ≤ 0.2 |",
        "| missed | 200 µs | 1,000 µs | **0.20** | 0.10 to 0.30 | ≤ 0.19: missed |",
        "| aimed at nothing | 200 /s | 1,000 /s | **0.20** | 0.10 to 0.30 |  |",
    ]


def test_small_amounts_are_not_rounded_away():
    assert [amount(value) for value in (0.1234, 12.34, 99.94, 123.4, 5678.9)] == [
        "0.123",
        "12.3",
        "99.9",
        "123",
        "5,679",
    ]


def test_every_figure_of_a_comparison_is_there():
    """The programs' own names of what they say, once each of them ran."""
    programs = {figure.program for each in CALLS for figure in (each.ours, each.theirs)}
    assert programs == {"ours, recorded", "ours, not recorded", "LangChain", "FastMCP", "redis-py"}
    text = "".join(path.read_text() for path in (PROGRAMS.parent / "ours.py", *PROGRAMS.glob("*.py")))
    assert all(f'"{figure.way}": ' in text for each in CALLS for figure in (each.ours, each.theirs))
    assert len(SPANS) == 2


# --- Equal work ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (said(right=9), "wrong answers"),
        (said(calls=9, right=9), "not as many calls"),
        (said(description="Adds one."), "not the same tool"),
        (said(arguments={"number": "string"}), "not the same tool"),
    ],
)
def test_what_is_not_the_same_work_is_not_compared(other, why):
    check_equal_work({"ours": [said(), said()], "theirs": [said()]})
    with pytest.raises(ValueError, match=why):
        check_equal_work({"ours": [said(), said()], "theirs": [said(), other]})


def test_a_script_is_no_tool_and_compared_all_the_same():
    check_equal_work({"ours": [said()], "redis-py": [{"evalsha": {"calls": 10, "right": 10}}]})


@pytest.mark.parametrize("program", PROGRAMS.glob("*.py"), ids=lambda program: program.name)
def test_programs_of_the_peers_import_nothing_of_ours(program):
    tree = ast.walk(ast.parse(program.read_text()))
    imported = {
        name.split(".")[0]
        for node in tree
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    if program.name == "work.py":
        assert imported <= sys.stdlib_module_names
    else:
        assert imported - sys.stdlib_module_names == {"work", THEIRS[program.name]}


@pytest.fixture
def collecting_stays_as_it_is():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


async def test_the_loop_asks_each_number_once_and_counts_what_is_right(monkeypatch, collecting_stays_as_it_is):
    monkeypatch.setattr(work, "CALLS", 100)
    asked = []

    async def call(number):
        asked.append(number)
        return number if len(asked) % 10 else number + 1

    found = await work.measured(call)
    assert len(set(asked)) == len(asked) == 100 + work.WARM_UP
    assert (found["calls"], found["right"]) == (100, 90)
    assert 0 < found["median_us"] <= found["p99_us"]
    assert gc.get_threshold() == work.THRESHOLDS


async def test_garbage_is_collected_as_our_servers_do_it():
    assert work.THRESHOLDS == garbage.THRESHOLDS


def test_ours_is_the_same_function_and_described_as_theirs():
    ours = tool(work.plain)
    assert ours.function is work.plain
    assert work.said(ours.schema.description, ours.schema.parameters["properties"]) == TOOL


# --- Environments -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", environments.SHOWN)
def test_every_package_of_a_peer_is_pinned(peer):
    lines = environments.pins_of(peer).read_text().splitlines()
    assert not [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)]
    assert environments.version(peer)


def test_what_is_installed_is_used_again(tmp_path):
    pins = environments.pins_of("langchain").read_text()
    (tmp_path / "langchain").mkdir()
    (tmp_path / "langchain" / "installed.txt").write_text(pins)
    assert environments.python_of("langchain", tmp_path) == tmp_path / "langchain" / "bin" / "python"
