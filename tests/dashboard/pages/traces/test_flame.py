from itertools import combinations

from hypothesis import given

from dashboard.pages.traces.flame import MOST_LEVELS, flame
from dashboard.pages.traces.tree import build
from tests.dashboard.pages.traces.builders import span
from tests.dashboard.pages.traces.test_tree import SPANS


def boxes(*spans):
    return [(box.span.span_id, box.level, round(box.left), round(box.width)) for box in flame(build(spans)).boxes]


def test_depth_goes_down_and_time_to_the_right():
    found = boxes(span(1, took_ms=100), span(2, 1, start_ms=10, took_ms=40), span(3, 1, start_ms=60, took_ms=40))
    assert found == [(1, 0, 0, 100), (2, 1, 10, 40), (3, 1, 60, 40)]


def test_spans_at_the_same_time_lie_below_each_other():
    found = boxes(
        span(1, took_ms=100), span(2, 1, took_ms=40), span(3, 1, start_ms=20, took_ms=40), span(4, 3, 30)
    )
    assert [(number, level) for number, level, *_ in found] == [(1, 0), (2, 1), (3, 2), (4, 3)]


def test_what_has_no_room_is_counted():
    drawn = flame(build([span(number) for number in range(100)]))
    assert (drawn.levels, drawn.left_out) == (MOST_LEVELS, 100 - MOST_LEVELS)


@given(SPANS)
def test_no_two_boxes_of_a_level_overlap_in_time(spans):
    tree = build(spans)
    places = {id(node.span): (node.start_ns, node.end_ns) for node in tree.nodes}
    for one, other in combinations(flame(tree).boxes, 2):
        if one.level == other.level:
            (a, b), (c, d) = places[id(one.span)], places[id(other.span)]
            assert b <= c or d <= a
