import pytest

from telemetry import dictionaries
from telemetry import semconv as sc
from telemetry.counters import counters
from telemetry.models import Series, Span
from telemetry.rows import SeriesKey
from telemetry.store import write_spans
from telemetry.words import HOUR_S, NewSeries
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What another test stored was taken back, which this process does not know."""
    dictionaries.forget()


def rows_of(*tools):
    return [make_row(tool=tool, service="shop") for tool in tools]


def tools_of(rows):
    return sorted(row.series.tool for row in rows)


def test_names_beyond_those_of_an_hour_are_called_other_and_kept():
    rows, before = rows_of("a", "b", "c"), counters().renamed
    NewSeries(most=2).limit(rows)
    assert tools_of(rows)[0] == "_other" and len(set(tools_of(rows))) == 3
    [other] = [row for row in rows if row.series.tool == "_other"]
    assert other.series == SeriesKey("execute_tool", 1, "_other", service="_other")
    assert (
        other.attributes[sc.TOOL_NAME] in "abc" and other.name == f"execute_tool {other.attributes[sc.TOOL_NAME]}"
    )
    assert counters().renamed == before + 1


def test_what_is_stored_already_is_not_new_though_this_process_never_saw_it():
    write_spans(rows_of("a", "b"))
    rows = rows_of("a", "b", "c")
    NewSeries(most=1).limit(rows)
    assert tools_of(rows) == ["a", "b", "c"]


def test_the_next_hour_takes_new_names_again():
    now = [0.0]
    words = NewSeries(most=1, clock=lambda: now[0])
    words.limit(rows_of("a"))
    late = rows_of("b")
    now[0] = HOUR_S
    words.limit(late)
    assert tools_of(late) == ["b"]


def test_a_sender_that_makes_up_names_makes_few_series():
    rows = rows_of(*(f"invented {number}" for number in range(300)))
    NewSeries(most=10).limit(rows)
    write_spans(rows)
    assert Series.objects.count() == 11
    assert Span.objects.filter(series__tool="_other").count() == 290
