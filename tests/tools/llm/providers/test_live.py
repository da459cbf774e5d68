"""Deployments and routes as a process knows them: without a query, and at most two seconds old."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from salesboost.services import wait_until
from telemetry.database.resealing import reseal
from tools.definition.policy import Rate
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.providers.errors import CannotAsk, UnknownRoute
from tools.llm.providers.live import Providers
from tools.llm.providers.models import Deployment, Model
from tools.llm.providers.reading import capabilities_of, read_snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def live():
    made = Providers()
    yield made
    made.stop()


@pytest.fixture
def now_known(live):
    """What is in the tables now, held."""

    def known():
        live.refresh()
        return live.snapshot

    return known


def test_all_is_read_by_two_queries(
    now_known, make_deployment, make_route, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr("tools.llm.pricing.renew", lambda: None)  # which asks once a second beside it
    make_route("chat", *(make_deployment(f"d{number}") for number in range(5)))
    with django_assert_num_queries(2):
        snapshot = now_known()
    with django_assert_num_queries(0):
        assert [entry.deployment.name for entry in snapshot.route("chat").entries] == [
            "d0",
            "d1",
            "d2",
            "d3",
            "d4",
        ]


def test_a_deployment_is_as_its_rows_say(now_known, make_model, make_deployment):
    model = make_model(efforts=["low", "high"], vision=True, sampling=False, context_tokens=900_000)
    make_deployment(
        model=model, timeout_s=60.0, first_token_timeout_s=1.5, budget_usd=Decimal("5"), budget_tokens=9
    )
    found = now_known().deployment("sol")
    assert (found.provider, found.model, found.key) == ("openai", "gpt-6-sol", "sk-secret-of-ours")
    assert (found.timeout_s, found.first_token_timeout_s) == (60.0, 1.5)
    assert found.can == Capabilities(
        api="responses",
        efforts=("low", "high"),
        vision=True,
        sampling=False,
        context_tokens=900_000,
    )
    budget = now_known().known("sol").budget
    assert (budget.usd, budget.tokens) == (Decimal("5"), 9)


def test_each_capability_has_its_column(make_model):
    fields = {field.name for field in dataclasses.fields(Capabilities)}
    assert fields <= {field.name for field in Model._meta.get_fields()}
    other = {
        field: not getattr(Capabilities(), field)
        for field in fields
        if isinstance(getattr(Capabilities(), field), bool)
    }
    can = capabilities_of(make_model(**other))
    assert {field: getattr(can, field) for field in other} == other


def test_a_routes_entries_have_rank_weight_rate_and_budget(now_known, make_deployment, make_route):
    make_route("chat", make_deployment(budget_tokens=7), rank=3, weight=2.5, rate="100/min")
    (entry,) = now_known().route("chat").entries
    assert (entry.rank, entry.weight, entry.rate) == (3, 2.5, Rate.parse("100/min"))
    assert entry.budget.tokens == 7


def test_a_deployments_name_is_a_route_of_its_own(now_known, make_deployment):
    make_deployment(budget_tokens=7)
    route = now_known().route("sol")
    assert (route.name, [entry.deployment.name for entry in route.entries]) == ("sol", ["sol"])
    assert route.entries[0].budget.tokens == 7


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chet", "There is no route 'chet': did you mean chat?"),
        ("soll", "There is no route 'soll': did you mean sol?"),
        ("zzz", "There is no route 'zzz': there are chat and sol."),
        ("", "There is no route '': there are chat and sol."),
    ],
)
def test_an_unknown_name_is_told_near_ones(now_known, make_deployment, make_route, name, said):
    make_route("chat", make_deployment())
    with pytest.raises(UnknownRoute) as refused:
        now_known().route(name)
    assert (str(refused.value), refused.value.status) == (said, 404)


def test_where_there_is_nothing_that_is_said(now_known, db):
    with pytest.raises(UnknownRoute, match="there are none"):
        now_known().route("chat")
    with pytest.raises(UnknownRoute, match="no deployment 'sol': there are none"):
        now_known().deployment("sol")


def test_one_that_is_switched_off_is_listed_and_not_asked(now_known, make_deployment, make_route):
    off, on = make_deployment("off", enabled=False), make_deployment("on")
    make_route("both", off, on)
    make_route("none", off)
    make_route("empty")
    snapshot = now_known()
    assert [entry.deployment.name for entry in snapshot.route("both").entries] == ["on"]
    for name in ("off", "none"):
        with pytest.raises(CannotAsk, match="off is switched off") as refused:
            snapshot.route(name)
        assert refused.value.status == 422
    with pytest.raises(CannotAsk, match="give it one"):
        snapshot.route("empty")
    assert list(snapshot.deployments) == ["off", "on"]


def test_a_key_is_that_of_its_variable(make_deployment):
    make_deployment(key="", key_variable="OPENAI_API_KEY")
    snapshot = read_snapshot({"OPENAI_API_KEY": "sk-of-the-environment\n"})
    assert snapshot.deployment("sol").key == "sk-of-the-environment"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "takes its key from OPENAI_API_KEY, which is not set"),
        ({"OPENAI_API_KEY": " "}, "takes its key from OPENAI_API_KEY, which is not set"),
        ({"OPENAI_API_KEY": "sk-a\nb"}, "signs that no key has"),
    ],
)
def test_a_variable_without_a_key_is_said_when_asked(make_deployment, environ, said):
    make_deployment(key="", key_variable="OPENAI_API_KEY")
    snapshot = read_snapshot(environ)
    assert not snapshot.known("sol").has_key
    for ask in (snapshot.deployment, snapshot.route):
        with pytest.raises(CannotAsk, match=said) as refused:
            ask("sol")
        assert "sk-a" not in str(refused.value)


def test_a_key_that_no_key_of_ours_opens_is_said(settings, make_deployment):
    make_deployment()
    settings.SECRET_KEY = "another one, and nobody knows the first"
    with pytest.raises(CannotAsk, match="SALESBOOST_SECRET_KEY_FALLBACKS"):
        read_snapshot().deployment("sol")


def test_a_stored_key_that_cannot_be_sent_stops_nobody_else(make_deployment):
    make_deployment("broken", key="sk-ö")
    make_deployment("sol")
    snapshot = read_snapshot()
    assert snapshot.deployment("sol").key
    with pytest.raises(CannotAsk, match="signs that no key has"):
        snapshot.deployment("broken")


def test_a_rate_that_cannot_be_read_is_left_out(make_deployment, make_route, caplog):
    make_route("chat", make_deployment(), rate="often")
    assert read_snapshot().route("chat").entries[0].rate is None
    assert "'often' is not a rate" in caplog.text


def test_a_key_lies_sealed_and_is_shown_nowhere(live, make_deployment):
    deployment = make_deployment()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM providers_deployment")
        (stored,) = cursor.fetchone()
    assert stored.startswith("sealed1:") and "secret" not in stored
    live.refresh()
    shown = repr(live.snapshot) + repr(deployment) + repr(deployment.history.first().__dict__)
    assert "sk-secret" not in shown


def test_those_whose_end_is_near_or_over_are_listed(live, make_model, make_deployment):
    today = date(2026, 12, 1)
    for name, day in (("over", 1), ("near", 31), ("later", 32), ("first", 0)):
        ends = date(2026, 11, 30) if not day else date.fromordinal(today.toordinal() + day - 1)
        make_deployment(name, make_model(name, shutdown_on=ends, successor="gpt-6.1-sol"))
    make_deployment("lasting", make_model("lasting"))
    live.refresh()
    with live.pinned(live.snapshot):
        assert [known.name for known in live.expiring(today)] == ["first", "over", "near"]
        assert [known.ending.days_left(today) for known in live.expiring(today)] == [-1, 0, 30]


@pytest.mark.django_db(transaction=True)
def test_an_edit_acts_within_two_seconds(live, make_deployment, make_route):
    make_route("chat", make_deployment())
    live.start()
    assert live.route("chat").entries[0].deployment.base_url == "https://api.openai.com/v1"
    Deployment.objects.update(base_url="https://proxy.example/v1")
    assert wait_until(lambda: live.deployment("sol").base_url == "https://proxy.example/v1", 2)


def test_while_postgres_is_away_the_last_ones_stay(live, make_deployment, monkeypatch):
    make_deployment()
    live.refresh()

    def away():
        raise OperationalError("away")

    monkeypatch.setattr(live, "read", away)
    live.refresh()
    assert live.snapshot.deployment("sol").name == "sol"


def test_after_resealing_a_key_is_read_without_the_former_one(settings, make_deployment):
    make_deployment()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "newest"
    assert reseal().count == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert read_snapshot().deployment("sol").key == "sk-secret-of-ours"
    settings.SECRET_KEY = "lost"
    assert reseal().lost == ["deployment sol"]
