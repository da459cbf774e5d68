"""The line of an effect and the band around it."""

from datetime import UTC, datetime

from dashboard.pages.experiments import charts

START = datetime(2026, 12, 1, 11, 56, tzinfo=UTC)
AT = datetime(2026, 12, 1, 12, tzinfo=UTC).isoformat()


def effect_over_time(points, arm, margin, unit="points"):
    return charts.effect_over_time(points, arm, margin, since=START, unit=unit)


def point(effect, low, high):
    arm = {"arm": "b", "effect": effect, "low": low, "high": high, "verdict": "go on"}
    return {"at": AT, "is_readable": True, "arms": [arm | {"control_units": 4, "arm_units": 5}]}


def test_the_band_lies_around_the_line_in_its_unit():
    low, high, line = effect_over_time([point(0.02, -0.01, 0.05)], "b", 0.02)["data"]
    assert (low["y"], line["y"], high["y"]) == ([-1.0], [2.0], [5.0])
    assert line["customdata"] == [[4, 5, "go on"]]


def test_an_end_that_there_is_not_yet_is_the_charts():
    low, high, _ = effect_over_time([point(0.02, -1.0, None)], "b", 0.02)["data"]
    reach = 100.0
    assert (low["y"], high["y"]) == ([-reach], [reach])


def test_the_axis_follows_the_last_interval():
    figure = effect_over_time([point(0.1, -1.0, 1.0), point(0.02, 0.01, 0.03)], "b", 0.01)
    assert figure["layout"]["yaxis"]["range"] == [-15.0, 15.0]
    assert figure["data"][0]["y"] == [-15.0, 1.0]


def test_without_an_effect_nothing_is_drawn():
    assert effect_over_time([point(None, -1.0, 1.0)], "b", 0.02)["data"] == []
    assert effect_over_time([point(0.1, 0.0, 0.2)], "other", 0.02)["data"] == []


def test_the_margin_is_drawn_on_both_sides_and_nothing_in_the_middle():
    shapes = effect_over_time([point(0.02, -0.01, 0.05)], "b", 0.02)["layout"]["shapes"]
    assert [shape["y0"] for shape in shapes] == [0, -2.0, 2.0]


def test_a_single_point_has_its_interval_as_a_bar_and_an_axis_of_minutes():
    figure = effect_over_time([point(-0.59, -0.8, -0.41)], "b", 0.02)
    bar = figure["data"][2]["error_y"]
    assert (bar["visible"], bar["array"], bar["arrayminus"]) == (True, [18.0], [21.0])
    assert figure["layout"]["xaxis"]["range"] == ["2026-12-01T11:56:00", "2026-12-01T12:06:20"]
    two = effect_over_time([point(-0.59, -0.8, -0.41)] * 2, "b", 0.02)
    assert two["data"][2]["error_y"] == {"visible": False}


def test_its_unit_is_that_of_the_tables():
    figure = effect_over_time([point(0.02, -0.01, 0.05)], "b", 0.02, unit="%")
    assert (
        figure["layout"]["yaxis"]["title"]["text"] == "%"
        and "%{y:.2f} %<br>" in figure["data"][2]["hovertemplate"]
    )
    points = effect_over_time([point(0.02, -0.01, 0.05)], "b", 0.02)
    assert points["layout"]["yaxis"]["title"]["text"] == "points"
