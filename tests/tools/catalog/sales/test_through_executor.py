"""The three tools as the executor calls them: in worker threads, with connections of their own."""

import asyncio
from dataclasses import replace

import pytest

from telemetry.semconv import Outcome
from tools.catalog.sales.competitor_analysis import competitor_analysis
from tools.catalog.sales.crm_integration import crm_integration
from tools.catalog.sales.models import Customer
from tools.catalog.sales.profile_reader import profile_reader
from tools.errors import InvalidArguments, NotAuthorized, RateLimited, ReturnedFailure, ToolError

# Each of these empties the database afterwards, which takes long: so several calls a test.
stored = pytest.mark.django_db(transaction=True)
PAYLOADS = [
    ("crm_integration", {"action": "read", "customer_id": "CUST001"}),
    ("crm_integration", {"action": "list", "limit": 5}),
    ("crm_integration", {"action": "list", "limit": "5"}),
    ("profile_reader", {"customer_id": "CUST003"}),
    ("competitor_analysis", {}),
    ("competitor_analysis", {"competitor_name": "Sellistra"}),
]
FAILURES = [
    ("crm_integration", {"action": "read", "customer_id": "CUST999"}, ReturnedFailure, "not_found"),
    ("crm_integration", {"action": "raed"}, InvalidArguments, "invalid_arguments"),
    ("crm_integration", {"action": "read", "custmer_id": "CUST001"}, InvalidArguments, "invalid_arguments"),
    ("crm_integration", {"action": "list", "filters": {"industy": "x"}}, InvalidArguments, "invalid_arguments"),
    ("crm_integration", {"action": "list", "fields": ["ownr"]}, InvalidArguments, "unknown_field"),
    ("profile_reader", {"customer_id": "nobody"}, InvalidArguments, "invalid_arguments"),
    ("competitor_analysis", {"competitor_name": "Globex"}, ReturnedFailure, "not_found"),
]


@pytest.fixture
def run(make_executor):
    """Call a tool as a coach, synchronously."""
    executor = make_executor(crm_integration, profile_reader, competitor_analysis)

    def call(name, payload, role="coach"):
        result = executor.execute_sync(name=name, payload=payload, caller_role=role, session_id="s-9")
        asyncio.run(executor.flush())
        return result

    return call


@stored
@pytest.mark.usefixtures("customers", "access", "market")
def test_the_payloads_that_people_send_work(run):
    for name, payload in PAYLOADS:
        answer = run(name, payload).as_dict()
        assert answer["status"] == "success"
        assert answer["result"]
    again = run("competitor_analysis", {})
    assert again.cached


@stored
@pytest.mark.usefixtures("customers", "market")
def test_a_failure_has_its_layer_and_is_not_tried_again(run):
    for name, payload, error, code in FAILURES:
        with pytest.raises(ToolError) as caught:
            run(name, payload)
        assert (type(caught.value), caught.value.code, caught.value.retry_count) == (error, code, 0)


@stored
def test_five_calls_of_the_crm_a_minute_and_no_more(run):
    for limit in range(1, 6):
        run("crm_integration", {"action": "list", "limit": limit})
    with pytest.raises(RateLimited) as caught:
        run("crm_integration", {"action": "list", "limit": 6})
    assert 0 < caught.value.retry_after_s <= 60


@pytest.mark.parametrize("name", ["crm_integration", "profile_reader", "competitor_analysis"])
def test_other_roles_may_not_call(run, name):
    with pytest.raises(NotAuthorized):
        run(name, {}, role="intern")


@stored
@pytest.mark.usefixtures("customers")
def test_a_write_is_seen_by_the_next_read(run):
    read = {"action": "read", "customer_id": "CUST001", "fields": ["city"]}
    assert run("crm_integration", read).result["item"]["city"] == "Hamburg"
    run(
        "crm_integration", {"action": "update", "customer_id": "CUST001", "version": 1, "values": {"city": "Kiel"}}
    )
    again = run("crm_integration", read)
    assert (again.result["item"]["city"], again.cached) == ("Kiel", False)
    assert run("crm_integration", read).cached
    reason = Customer.history.filter(id=1).first().history_change_reason
    assert reason == "crm_integration, role coach, session s-9"


@stored
@pytest.mark.usefixtures("customers", "access")
def test_a_profile_is_cached_for_its_role_alone(make_executor):
    """What the coach's call left in the cache must never answer an analyst."""
    everybody = {"policies": lambda definition: replace(definition.policy, roles=frozenset())}
    executor = make_executor(profile_reader, **everybody)

    def read(role):
        result = executor.execute_sync(
            name="profile_reader", payload={"customer_id": "CUST001"}, caller_role=role, session_id="s-9"
        )
        asyncio.run(executor.flush())
        return result

    assert "contacts" in read("coach").result["profile"]
    again = read("coach")
    assert again.outcome is Outcome.FROM_CACHE
    other = read("analyst")
    assert not other.cached
    assert "contacts" not in other.result["profile"]


@stored
@pytest.mark.usefixtures("customers", "access")
def test_a_write_of_the_crm_drops_that_customers_profile_and_no_other(run):
    def city_of(customer_id):
        result = run("profile_reader", {"customer_id": customer_id, "fields": ["city"]})
        return result.result["profile"]["city"], result.cached

    city_of("CUST001"), city_of("CUST002")
    update = {"action": "update", "customer_id": "CUST001", "version": 1, "values": {"city": "Kiel"}}
    run("crm_integration", update)
    assert city_of("CUST001") == ("Kiel", False)
    assert city_of("CUST002")[1]


@stored
@pytest.mark.usefixtures("customers")
def test_a_page_of_records_is_dropped_by_every_write(run):
    page = {"action": "list", "filters": {"city": "Kiel"}}
    assert run("crm_integration", page).result["total"] == 0
    update = {"action": "update", "customer_id": "CUST001", "version": 1, "values": {"city": "Kiel"}}
    run("crm_integration", update)
    assert run("crm_integration", page).result["total"] == 1
