"""Two servers, a real Postgres and models of the lab: from a turn over REST to what its unit came to."""

from datetime import date

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis

from salesboost.lab import Reply, ToolUse
from telemetry.models import Span
from tests.live import Daphne, wait_for
from tests.tools.conftest import OwnValkey
from tests.tools.llm.experiments.rows import a_plan, known
from tests.tools.llm.prompt_rows import a_prompt
from tools.catalog.pricing import seed as pricing
from tools.decisions.keys import ensure_key
from tools.llm.experiments import judge, planning, running
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.models import Exposure
from tools.llm.experiments.plan import ArmPlan
from tools.llm.experiments.units import hash_of
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
SESSIONS = [f"talk-{number}" for number in range(4)]
CALL = ToolUse("price_calculator", {"items": [{"sku": "PRO", "quantity": 3}]})


@pytest.fixture
def servers(tmp_path):
    """Two that know nothing of each other but by Postgres and a Valkey of their own; the latter is the third."""
    valkey = OwnValkey(tmp_path)
    valkey.start()
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        about = {"REDIS_URL": valkey.url, "DATA_DIR": str(folder)}
        made.append(Daphne(str(connection.settings_dict["NAME"]), folder / "log", environment=about))
    for server in made:
        server.start()
    yield (*made, valkey)
    for server in made:
        server.stop()
    valkey.kill()


@pytest.fixture
def models(provider_lab):
    pricing.seed()
    ensure_key("app", "sb_app", roles=["coach"])
    about = {"source": "the lab", "checked_on": date(2026, 12, 1), "signed_calls": True, "sampling": False}
    row = Model.objects.create(provider="groq", name="openai/gpt-oss-120b", api="chat", **about)
    made = Deployment.objects.create(name="oss", model=row, base_url=provider_lab.url("groq"), key="sk-lab")
    RouteEntry.objects.create(route=Route.objects.create(name="default"), deployment=made)
    return provider_lab


GREETED = {"prompt": "greeting", "variables": {"customer": "Acme"}, "tools": ["price_calculator"]}


def say(server, session, text="What do three cost?", about=GREETED):
    answer = httpx.post(
        f"{server.url}/api/v1/chat",
        json={"text": text, "session_id": session, "caller_role": "coach", **about},
        headers={"Authorization": "Bearer sb_app"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def chats(number):
    """Spans of model calls, once there are so many."""
    found = list(Span.objects.whole().filter(series__operation="chat"))
    return found if len(found) >= number else None


def arms():
    return dict(Exposure.objects.values_list("unit", "arm__label"))


def test_two_servers_give_a_unit_the_same_arm_though_valkey_is_wiped_and_its_calls_are_read(models, servers):
    one, two, valkey = servers
    run = planning.new("shorter", a_prompt(production=1), a_plan(window_minutes=60), by="ann")
    type(run.experiment).objects.filter(pk=run.experiment_id).update(salt="salt of two servers")
    running.start(run, by="ann", reason="to know")
    for session in SESSIONS:
        models.say(Reply(calls=[CALL]), Reply(text="They cost 177 euros."))
        say(one, session)
    wait_for(lambda: len(arms()) == 4, 20, "the exposures being written")
    given = arms()
    with Redis.from_url(valkey.url) as client:
        client.flushall()
    for session in SESSIONS:
        say(two, session, "And four?")
    spans = wait_for(lambda: chats(12), 60, "the spans of both servers")
    assert all(span.attributes["salesboost.experiment.arm"] == given[hash_of(span.session_id)] for span in spans)
    assert arms() == given and set(given) == {hash_of(session) for session in SESSIONS}
    assert set(given.values()) == {"as-is", "shorter"}
    assert (
        not Exposure.objects.filter(mixed=True).exists() and not Exposure.objects.filter(wrong_text=True).exists()
    )
    texts = {request.system for request in models.requests}
    assert texts == {"Number 1: Acme, nothing", "Number 2: Acme, nothing"}

    def read():
        judge.look(run, timezone.now())
        return set(Exposure.objects.values_list("calls", "succeeded", "mixed")) == {(1, 1, False)}

    wait_for(read, 60, "the units' calls being read")


def a_run_of(name, kind, subject, *values):
    arms = [ArmPlan(value, value) for value in values]
    run = planning.new(name, Subject(kind, subject), a_plan(arms=arms), by="ann")
    type(run.experiment).objects.filter(pk=run.experiment_id).update(salt=f"salt of {name}")
    with known():
        running.start(run, by="ann", reason="to know")


def given(name):
    rows = Exposure.objects.filter(run__experiment__name=name).values_list("sessions__session_id", "arm__value")
    return dict(rows)


def offered(request):
    return [each["function"]["name"] for each in request.body["tools"]]


def test_two_servers_ask_the_same_route_and_model_with_the_same_tool(models, servers, no_edits):
    """A conversation over REST that is in three experiments at once, which know nothing of each other."""
    one, two, _ = servers
    row = Model.objects.get()
    for name in ("sol", "mini"):
        Deployment.objects.create(name=name, model=row, base_url=models.url("groq"), key="sk-lab")
    cheap = Route.objects.create(name="cheap")
    RouteEntry.objects.create(route=cheap, deployment=Deployment.objects.get(name="mini"))
    a_run_of("routes", SubjectKind.ROUTE, "default", "default", "cheap")
    a_run_of("models", SubjectKind.MODEL, "oss", "oss", "sol")
    a_run_of("tools", SubjectKind.TOOL, "price_calculator", "price_calculator", "stage_classifier")
    sessions = [f"walk-{number}" for number in range(8)]
    about = {"tools": ["price_calculator", "profile_reader"]}
    for session in sessions:
        say(one, session, about=about)
    wait_for(lambda: len(given("routes")) == len(given("tools")) == 8, 30, "the exposures being written")
    first = {name: given(name) for name in ("routes", "models", "tools")}
    requests = len(models.requests)
    for session in sessions:
        say(two, session, "And four?", about=about)
    spans = wait_for(lambda: chats(requests + 8), 60, "the spans of both servers")
    for span in spans:
        route = first["routes"][span.session_id]
        asked = "mini" if route == "cheap" else first["models"][span.session_id]
        assert (span.attributes["salesboost.route"], span.attributes["salesboost.deployment"]) == (route, asked)
    assert {tuple(offered(request)) for request in models.requests} == {
        (tool, "profile_reader") for tool in first["tools"].values()
    }
    assert all(len(set(arms.values())) == 2 for arms in first.values())
    assert {name: given(name) for name in first} == first
    marked = Exposure.objects.filter(failed_over=True) | Exposure.objects.filter(wrong_text=True)
    assert not marked.exists() and not Exposure.objects.filter(mixed=True).exists()
