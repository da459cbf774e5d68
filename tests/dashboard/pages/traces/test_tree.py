from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages.traces.tree import CYCLE, ORPHAN, ancestors, build
from tests.dashboard.pages.traces.builders import MS, START_NS, span

NUMBERS = st.integers(0, 12)
SPANS = st.lists(
    st.builds(
        span,
        NUMBERS,
        st.none() | NUMBERS,
        start_ms=st.floats(-1000, 1000),
        took_ms=st.floats(0, 500),
        kind=st.integers(0, 5),
    ),
    max_size=40,
)


def order(tree):
    return [(node.span.span_id, node.depth) for node in tree.nodes]


def test_children_come_below_their_parent_by_their_start():
    tree = build([span(3, 1, start_ms=5), span(2, 1, start_ms=1), span(1, took_ms=20), span(4, 2, start_ms=2)])
    assert order(tree) == [(1, 0), (2, 1), (4, 2), (3, 1)]


def test_a_span_without_its_parent_is_a_root_that_says_so():
    tree = build([span(1), span(2, 99)])
    assert [(node.span.span_id, node.trouble) for node in tree.roots] == [(1, ""), (2, ORPHAN)]


def test_a_circle_of_parents_is_cut_at_its_earliest_span():
    tree = build([span(1, 3, start_ms=2), span(2, 1, start_ms=1), span(3, 2, start_ms=3), span(4, 3)])
    assert order(tree) == [(2, 0), (3, 1), (4, 2), (1, 2)]
    assert [node.trouble for node in tree.roots] == [CYCLE]
    assert len(tree.nodes) == 4


def test_a_span_that_is_its_own_parent_is_a_root():
    [root] = build([span(1, 1)]).roots
    assert root.trouble == CYCLE


def test_two_spans_of_one_id_are_both_shown():
    tree = build([span(1, start_ms=5), span(1, start_ms=0), span(2, 1, start_ms=6)])
    assert len(tree.nodes) == 3
    assert tree.find(2).parent.span.start_ns == START_NS


def test_a_span_that_begins_before_its_parent_is_moved_with_all_below_it():
    tree = build([span(1, took_ms=50), span(2, 1, start_ms=-7200_000), span(3, 2, start_ms=-7199_999)])
    assert [node.shift_ns // MS for node in tree.nodes] == [0, 7200_000, 7200_000]
    assert [node.moved for node in tree.nodes] == [False, True, False]
    assert tree.duration_ns == 50 * MS


def test_a_request_served_after_its_answer_is_moved_into_it():
    tree = build([span(1, took_ms=50), span(2, 1, start_ms=7200_000, took_ms=20, kind=2)])
    assert tree.find(2).start_ns == START_NS + 30 * MS


def test_a_consumer_may_run_after_its_producer():
    tree = build([span(1, took_ms=50), span(2, 1, start_ms=9000, kind=5)])
    assert not tree.find(2).moved


def test_no_spans_are_an_empty_tree():
    assert build([]).nodes == []


def test_a_chain_of_thousands_is_no_trouble():
    tree = build([span(number, number - 1 if number else None) for number in range(5000)])
    assert tree.nodes[-1].depth == 4999
    assert len(list(ancestors(tree.nodes[-1]))) == 4999


@given(SPANS)
def test_every_span_is_in_the_tree_exactly_once(spans):
    tree = build(spans)
    assert sorted(map(id, (node.span for node in tree.nodes))) == sorted(map(id, spans))


@given(SPANS)
def test_parents_come_first_and_begin_first(spans):
    place = {id(node): at for at, node in enumerate(build(spans).nodes)}
    for node in build(spans).nodes:
        if node.parent:
            assert node.depth == node.parent.depth + 1
            assert node.start_ns >= node.parent.start_ns
    assert len(place) == len(spans)
