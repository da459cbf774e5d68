"""Experiments with models, routes and tools to try things on, and turns in which they act."""

import asyncio
import os
from contextlib import contextmanager
from datetime import date

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.tools.llm.experiments.rows import a_plan, known
from tests.tools.llm.models import MODELS, asked, question
from tools.definition.decorators import tool
from tools.llm.calling import ModelClient
from tools.llm.experiments import exposing, planning, running
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.models import Experiment
from tools.llm.experiments.plan import ArmPlan
from tools.llm.providers import live as providers
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry
from tools.llm.providers.reading import read_snapshot
from tools.llm.turns import Turns
from tools.running import runtime

SESSIONS = [f"chat-{number}" for number in range(6)]


@tool(description="Says how warm it is in a city.")
def warmth(city: str) -> dict[str, int]:
    return {"degrees": len(city)}


def a_deployment(lab, name, model="openai chat", **changes):
    """Stored: a model of the lab under a *name* of one's own."""
    provider, api, called, can = MODELS[model]
    about = {"api": api, "source": "the lab", "checked_on": date(2026, 12, 1), **can}
    row, _ = Model.objects.get_or_create(provider=provider, name=called, defaults=about)
    return Deployment.objects.create(
        **{"name": name, "model": row, "base_url": lab.url(provider), "key": "sk-lab"} | changes
    )


def a_route(name, *deployments, **about):
    """Stored: *deployments* one after another."""
    route = Route.objects.create(name=name)
    for rank, each in enumerate(deployments):
        RouteEntry.objects.create(route=route, deployment=each, **{"rank": rank} | about)
    return route


def a_subject_run(kind, subject, *values, name="tried", starts=True, salt="fixed", **changes):
    """A run of *values* in the place of *subject*, all units being in it."""
    arms = tuple(ArmPlan(value.replace(".", "-"), value) for value in values)
    about = Subject(SubjectKind(kind), subject)
    run = planning.new(name, about, a_plan(arms=arms, **changes), by="ann")
    Experiment.objects.filter(pk=run.experiment_id).update(salt=salt)
    run.refresh_from_db()
    if starts:
        with known():
            running.start(run, by="ann", reason="to know")
    return run


@contextmanager
def all_known():
    """What a process knows that has just read it, also of deployments."""
    with known(), providers.pinned(read_snapshot({})):
        yield


@pytest.fixture
def executor_here(make_executor, monkeypatch):
    """``executor_here(weather, …)``: it is the process's."""

    def made(*tools):
        executor = make_executor(*tools)
        monkeypatch.setitem(runtime._executors, os.getpid(), executor)
        return executor

    return made


@pytest.fixture
def converse(lab, recorded, executor_here):
    """``converse("chat-1", route="default", tools=(weather,))``: a turn in each, on an event loop of its own."""
    executor, transcripts = [], {}

    async def turns(sessions, route, about, request):
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(recorded))
        client = ModelClient(httpx.AsyncClient(), tracer=provider.get_tracer("test"))
        made = Turns(client, executor[0], tracer=provider.get_tracer("test"))
        for session in sessions:
            before = transcripts.get(session)
            said = before.ask("And tomorrow?") if before else asked()
            turn = await made.execute(
                providers.route(route), question(said, **about), session_id=session, **request
            )
            transcripts[session] = turn.transcript
        await client.aclose()

    def talked(*sessions, route="default", executor_of=(), tools=(), request=None, **about):
        if not executor:
            executor.append(executor_here(*(executor_of or tools)))
        with all_known():
            asyncio.run(turns(sessions, route, {"tools": tools, **about}, request or {}))
        exposing.write_down()

    return talked
