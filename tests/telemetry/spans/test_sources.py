"""Where our own spans are from, as the journal holds it."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from telemetry.spans import finished


def span_of(resource, scope="shop.agents"):
    span = TracerProvider(resource=resource, shutdown_on_exit=False).get_tracer(scope, "1.2").start_span("call")
    span.end()
    return span


def source_of(span):
    facts = finished.decode(finished.encode(span))
    return facts.service, facts.source.resource, facts.source.scope_name, facts.source.scope_version


class Slow(Resource):
    """A resource that tells how often it was hashed, which writes all of it as JSON."""

    hashed = 0

    def __hash__(self):
        Slow.hashed += 1
        return super().__hash__()


def test_a_span_is_from_its_resource_and_scope():
    assert source_of(span_of(Resource({"service.name": "shop", "zone": "b"}))) == (
        *("shop", '{"service.name": "shop", "zone": "b"}', "shop.agents", "1.2"),
    )


def test_a_known_source_is_found_without_reading_it():
    span = span_of(Slow({"service.name": "shop"}))
    before = Slow.hashed
    assert source_of(span) == source_of(span)
    assert Slow.hashed == before


def test_more_sources_than_are_remembered_stay_apart():
    names = [f"shop-{number}" for number in range(3 * finished.MAX_SOURCES)]
    # None is kept by the test: the next may get its address.
    assert [source_of(span_of(Resource({"service.name": name})))[0] for name in names] == names


def test_scopes_of_one_resource_stay_apart():
    resource = Resource({"service.name": "shop"})
    assert {source_of(span_of(resource, scope))[2] for scope in ("a", "b", "a")} == {"a", "b"}
