"""A sender that makes a new resource of each request fills no table."""

import json

import pytest

from telemetry.dictionaries import lookup
from telemetry.dictionaries.source_cardinality import DAY_S, NewSources
from telemetry.models import Source, Span
from telemetry.process.counters import counters
from telemetry.spans.finished import SourceKey
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db
REPORTED = {"origin": "reported", "api_key": "partner", "service": "shop"}


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What another test stored was taken back, which this process does not know."""
    lookup.forget()


def source(request):
    resource = {"service.name": "shop", "host.name": "web", "request.id": request}
    return SourceKey(json.dumps(resource, sort_keys=True), "openai", "1.0", '{"vendor": "x"}')


def rows_of(*requests, **changes):
    values = REPORTED | changes
    return [make_row(span_id=number, source=source(each), **values) for number, each in enumerate(requests, 1)]


def named(rows):
    """The requests that are still in a resource."""
    return [json.loads(row.source.resource).get("request.id") for row in rows]


def test_beyond_its_allowance_what_a_resource_says_goes_with_the_span():
    rows, before = rows_of("a", "b", "c"), counters().renamed
    NewSources(most=2).limit(rows)
    [other] = [row for row in rows if "resource.request.id" in row.attributes]
    assert sum(name is not None for name in named(rows)) == 2
    assert other.source == SourceKey('{"service.name": "shop"}')
    assert other.attributes["resource.host.name"] == "web"
    assert (other.attributes["otel.scope.name"], other.attributes["otel.scope.vendor"]) == ("openai", "x")
    assert counters().renamed == before + 1


def test_what_is_stored_already_is_not_new_and_costs_no_allowance():
    write_spans(rows_of("a", "b"))
    rows = rows_of("a", "b", "c")
    NewSources(most=1).limit(rows)
    assert named(rows) == ["a", "b", "c"]


def test_each_sender_has_an_allowance_of_its_own_and_the_next_day_another():
    now = [0.0]
    sources = NewSources(most=1, clock=lambda: now[0])
    first, second, other = rows_of("a"), rows_of("b"), rows_of("c", api_key="another")
    for rows in (first, second, other):
        sources.limit(rows)
    assert named([*first, *second, *other]) == ["a", None, "c"]
    now[0] = DAY_S
    late = rows_of("d")
    sources.limit(late)
    assert named(late) == ["d"]


def test_the_store_holds_so_many_and_every_span(monkeypatch):
    monkeypatch.setattr("telemetry.store.batches._new_sources", NewSources(most=3))
    for start in range(0, 40, 10):
        write_spans(rows_of(*(f"request {number}" for number in range(start, start + 10))))
    assert Source.objects.count() == 4
    spans = Span.objects.filter(series__tool="crm")
    assert spans.count() == 40
    assert len({json.dumps(span.attributes.get("resource.request.id")) for span in spans}) == 38
