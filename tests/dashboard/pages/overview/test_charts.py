import re
from datetime import UTC, datetime, timedelta

from dashboard.addresses import periods
from dashboard.charts.figure_parts import Mark, Shade
from dashboard.pages.overview import charts
from dashboard.wording.states import DEGRADED, HEALTHY, TOO_FEW
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import Outcome
from tests.dashboard.builders import tally

NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)
WINDOW = periods.find("90m").window(NOW)
BINS = list(WINDOW.bins())


def grid_of(**tallies):
    return {start: dict(tallies) for start in BINS}


def colours_in(figure):
    return re.findall(r"#[0-9a-f]{3,6}", str(figure))


def points_of(grid):
    return {start: Tally.sum(tallies.values()) for start, tallies in grid.items()}


def test_a_sick_tool_is_coloured_named_and_drawn_last():
    grid = grid_of(crm=tally(30, 30), price=tally(60, 0), sms=tally(60, 0))
    states = {"crm": DEGRADED, "price": HEALTHY, "sms": HEALTHY}
    figure = charts.success_by_tool(WINDOW, charts.success_lines(WINDOW, grid, states), states)
    assert [line["name"] for line in figure["data"]] == ["price", "sms", "crm"]
    assert figure["data"][-1]["line"]["color"] == "var(--bad)"
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["crm 50.0", "2 others ≥ 100"]


def test_figures_name_variables_and_no_colours():
    grid = grid_of(crm=tally(30, 30))
    rows = [("groq", tally(9, 9), DEGRADED)]
    for figure in (
        charts.success_by_tool(WINDOW, charts.success_lines(WINDOW, grid, ["crm"]), {"crm": DEGRADED}),
        charts.failures(WINDOW, points_of(grid)),
        charts.providers(rows),
    ):
        assert colours_in(figure) == []


def test_a_point_of_few_calls_borrows_from_those_before_it():
    grid = {BINS[0]: {"crm": tally(49, 0)}, BINS[1]: {"crm": tally(0, 1)}}
    points = charts.success_points(BINS[:4], grid, "crm")
    assert points == [(100.0, 49), (98.0, 50), (None, 50), (None, 50)]


def test_a_rate_is_drawn_over_a_short_gap_and_not_over_a_long_one():
    grid = {BINS[index]: {"crm": tally(9, 1)} for index in (0, 5, 11, 30)}
    points = charts.success_points(BINS[:40], grid, "crm")
    assert [index for index, (rate, _) in enumerate(points) if rate is not None] == [*range(6), 11, 30]
    [line] = charts.success_by_tool(WINDOW, charts.success_lines(WINDOW, grid, ["crm"]), {"crm": HEALTHY})["data"]
    assert "connectgaps" not in line
    # Those that stand alone would be lines of no length.
    assert [index for index, size in enumerate(line["marker"]["size"]) if size] == [11, 30]


def test_fewer_than_five_calls_make_no_point():
    assert charts.success_points(BINS[:1], {BINS[0]: {"crm": tally(0, 4)}}, "crm") == [(None, 4)]


def test_an_incident_is_shaded_inside_the_period_only():
    shade = Shade(WINDOW.start - timedelta(days=1), NOW)
    shapes = charts.success_by_tool(WINDOW, {}, {}, [shade])["layout"]["shapes"]
    assert [(shape["x0"], shape["x1"]) for shape in shapes if shape["type"] == "rect"] == [
        ("2026-11-21T13:03:00", "2026-11-21T14:32:05")
    ]


def test_the_newest_edit_is_named_beside_its_line():
    marks = [Mark(BINS[10], "retries 0 → 2"), Mark(BINS[80], "timeout 8 s → 5 s")]
    layout = charts.success_by_tool(WINDOW, {}, {}, (), marks)["layout"]
    assert [note["text"].strip() for note in layout["annotations"]] == ["timeout 8 s → 5 s"]
    assert sum(shape["line"].get("color") == "var(--accent)" for shape in layout["shapes"]) == 2


def test_failures_are_stacked_by_layer_and_layers_without_any_are_left_out():
    figure = charts.failures(WINDOW, points_of(grid_of(crm=tally(1, 2), sms=tally(0, 3, Outcome.ARGUMENTS))))
    assert [(bar["name"], sum(bar["y"])) for bar in figure["data"]] == [("bad arguments", 270), ("timeout", 180)]
    assert len(figure["data"][0]["y"]) == 45


def test_a_provider_with_too_few_calls_is_hollow():
    figure = charts.providers([("groq", tally(90, 10), HEALTHY), ("new", tally(2, 0), TOO_FEW)])
    assert figure["data"][0]["y"] == ["new", "groq"]
    assert figure["data"][0]["marker"]["symbol"] == ["circle-open", "circle"]


def test_a_provider_with_too_few_calls_does_not_squeeze_the_others():
    figure = charts.providers([("groq", tally(95, 5), HEALTHY), ("new", tally(0, 3), TOO_FEW)])
    assert figure["layout"]["xaxis"]["range"][0] == 74.0
