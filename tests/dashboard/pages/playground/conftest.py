"""What tests of the playground share: conversations that are kept, and models that are known."""

from datetime import date

import pytest

from telemetry.cost.models import Price
from tests.live import wait_for
from tests.tools.llm.models import PIXEL, deployment
from tools.catalog.pricing import seed as pricing
from tools.llm.chat.models import Kept
from tools.llm.prompts import live as prompts
from tools.llm.providers import live
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry
from tools.llm.routing.budget import Budget
from tools.llm.transcript import Call, Origin, Reasoning, Result, Text, Transcript
from tools.llm.transcript.stored import written

CLAUDE = Origin("anthropic", "claude-sonnet-5-5", "claude")
ASKED = {"route": "claude", "system": "Be brief.", "tools": ["price_calculator"], "effort": "low", "rounds": 4}


def a_transcript():
    """Two calls, of which one failed, an answer with a thought, and a picture that nobody says anything of."""
    good = Call("price_calculator", {"quantity": 3}, call_id="call_good")
    bad = Call("crm_integration", {"action": "<b>lose</b>"}, call_id="call_bad")
    return (
        Transcript()
        .ask("What do three cost? <script>alert(1)</script>")
        .answer([Reasoning("Three times one."), good, bad], CLAUDE)
        .tell([Result("call_good", '{"total": 42}'), Result("call_bad", "no such action", is_error=True)])
        .answer([Text("They cost 42.")], CLAUDE)
        .ask("And this?", PIXEL)
    )


@pytest.fixture(autouse=True)
def no_thread_stays():
    """A page starts those that read prompts and deployments."""
    yield
    prompts.stop()
    live.stop()


@pytest.fixture
def keep(db):
    """``keep(session_id, sender, …)``: a conversation that is kept."""

    def made(session_id="play-1", sender="user ana", transcript=None, **about):
        text = written(a_transcript() if transcript is None else transcript)
        return Kept.objects.create(session_id=session_id, sender=sender, transcript=text, asked=ASKED, **about)

    return made


def known(provider_lab, name, **about):
    made = deployment(provider_lab, name)
    return Known(deployment=made, budget=Budget.of_deployment(made.name), ending=None, **about)


@pytest.fixture
def models(provider_lab):
    """``models(name, …, lacks={name: why})``: what this process knows, and a route over all of them."""

    def pin(*names, lacks=None):
        found = {name: known(provider_lab, name, lacks=(lacks or {}).get(name, "")) for name in names}
        route = tuple(Entry(deployment=one.deployment, rank=rank) for rank, one in enumerate(found.values()))
        return live.pinned(Snapshot(deployments=found, routes={"default": route}))

    return pin


# Name, provider, model, interface, and its place in the route default.
LAB_MODELS = (
    ("gemini", "gemini", "gemini-3.8-flash", "generate", 0),
    ("claude", "anthropic", "claude-sonnet-5-5", "messages", 1),
    ("oss", "groq", "openai/gpt-oss-120b", "chat", None),
)
CAN = {"signed_calls": True, "sampling": False, "forced_tool_choice": False, "vision": True}


@pytest.fixture
def lab(provider_lab, live_server_daphne):
    """Two models of the lab as the database has them, behind the route default; and prices for a tool."""
    pricing.seed()
    Price.objects.create(model="gemini-3.8-flash", input_usd=1, output_usd=8, effective_from=date(2026, 1, 1))
    route = Route.objects.create(name="default")
    for name, provider, model, api, rank in LAB_MODELS:
        about = {"source": "the lab", "checked_on": date(2026, 12, 1), "efforts": ["low", "high"], **CAN}
        row = Model.objects.create(provider=provider, name=model, api=api, **about)
        where = {"base_url": provider_lab.url(provider), "key": "sk-lab"}
        made = Deployment.objects.create(name=name, model=row, **where)
        if rank is not None:
            RouteEntry.objects.create(route=route, rank=rank, deployment=made)
    return provider_lab


@pytest.fixture
def play(page, lab):
    """The page, once the server knows the models; ``price_calculator`` may be called."""

    def knows():
        page.goto("/playground/")
        return "gemini, then claude" in page.inner_text("[name=route]")

    wait_for(knows, 30, "the server knowing the models")
    page.evaluate("document.getElementById('asked-with').open = true")
    page.fill("#tools-search", "price")
    page.check("[name=tools][value=price_calculator]")
    return page
