"""POST /api/v1/chat and the socket's action ``chat``: models of the lab, tools of this process, real requests."""

import asyncio
import json
import threading
from contextlib import aclosing
from dataclasses import replace

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from salesboost.asgi import application
from salesboost.lab import Reply, ToolUse
from tests.tools.api.conftest import FULL, KEYS
from tests.tools.llm.models import deployment
from tools import tool
from tools.decisions import live as keys
from tools.decisions.keys import digest
from tools.llm.chat import asking, keeping
from tools.llm.chat.body import ChatBody
from tools.llm.chat.errors import Busy
from tools.llm.chat.models import Kept
from tools.llm.chat.serving import serve
from tools.llm.prompts import live as prompts
from tools.llm.providers import live
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry
from tools.llm.routing.budget import Budget
from tools.llm.transcript.stored import read
from tools.models import Scope
from tools.web.access import client_of_key

pytestmark = pytest.mark.django_db(transaction=True)
KEY = [(b"authorization", b"Bearer sb_full")]


@pytest.fixture
def lab(provider_lab):
    """Models of the lab, behind one route and each by its name."""
    both = deployment(provider_lab, "anthropic"), deployment(provider_lab, "gemini")
    known = {one.name: Known(deployment=one, budget=Budget.of_deployment(one.name), ending=None) for one in both}
    route = tuple(Entry(deployment=one, rank=rank) for rank, one in enumerate(both))
    routes = Snapshot(deployments=known, routes={"default": route})
    with live.pinned(routes), prompts.pinned(prompts.Snapshot()):
        yield provider_lab


FAULTY, CALLED = [], []


@tool
def spoils() -> str:
    """Whoever calls it finds every vendor overloaded."""
    CALLED.append("spoils")
    FAULTY[0].fail("overloaded")
    return "done"


@tool
def revokes() -> str:
    """Whoever calls it has lost their key's right meanwhile."""
    lost = replace(KEYS[FULL], scopes=frozenset({Scope.READ}))
    keys._live.snapshot = keys.Snapshot(keys={digest(FULL): lost})
    return "done"


def doubles(number=21):
    return Reply(calls=[ToolUse("double", {"number": number})])


async def events_of(answer):
    """The events of a stream, as (name, content)."""
    text = b"".join([part async for part in answer.streaming_content]).decode()
    found = []
    for block in text.split("\n\n"):
        if block.startswith("event: "):
            name, data = block.split("\n", 1)
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def test_a_model_answers_with_a_tool_of_ours(lab, api):
    lab.say(doubles())
    answer = await api.post("/api/v1/chat", {"text": "Double 21.", "tools": ["double"], "session_id": "s-1"})
    said = answer.json()
    assert (answer.status_code, said["ended_by"], said["deployment"]) == (200, "answer", "anthropic")
    assert (said["session_id"], said["rounds"]) == ("s-1", 2) and said["text"] and len(said["trace_id"]) == 32
    (call,) = said["calls"]
    assert (call["tool"], call["arguments"], call["result"], call["error"]) == ("double", {"number": 21}, 42, None)
    assert call["latency_ms"] == 0.0  # the clock of the tests stands still


async def test_a_conversation_goes_on_by_its_name(lab, api):
    first = (await api.post("/api/v1/chat", {"text": "Hello."})).json()
    assert first["session_id"].startswith("chat-")
    x = await api.post("/api/v1/chat", {"text": "And again.", "session_id": first["session_id"]})
    print(x.content)
    assert [turn.text for turn in lab.requests[-1].turns if turn.role == "user"] == ["Hello.", "And again."]
    kept = await Kept.objects.aget(pk=first["session_id"])
    assert (kept.sender, kept.busy_until, len(read(kept.transcript))) == ("key full", None, 4)


async def test_all_is_told_as_it_happens(lab, api):
    lab.say(doubles())
    body = {"text": "Double 21.", "tools": ["*"], "stream": True}
    answer = await api.post("/api/v1/chat", body)
    assert answer["Content-Type"] == "text/event-stream"
    events = await events_of(answer)
    names = [name for name, _ in events]
    called = names.index("calling")
    assert set(names[:called]) == {"delta"} and names[called + 1] == "called" and names[-1] == "answer"
    text = "".join(about["text"] for name, about in events[called:] if name == "delta" and about["kind"] == "text")
    assert text == events[-1][1]["text"] != ""
    offered = {tool.name for tool in lab.requests[0].tools}
    assert offered == {"double", "rarely", "refuse", "away", "broken", "slow"}


async def test_of_all_tools_those_are_offered_that_the_role_may_call(lab, api):
    await api.post("/api/v1/chat", {"text": "Hello.", "tools": ["*"], "caller_role": "rag"})
    assert "double" not in {tool.name for tool in lab.requests[0].tools}


async def test_a_vendor_that_fails_is_passed_over(lab, api):
    lab.fail("overloaded", vendor="anthropic")
    said = (await api.post("/api/v1/chat", {"text": "Hello."})).json()
    assert (said["deployment"], said["ended_by"]) == ("gemini", "answer")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("overloaded", 503, "model_overloaded"),
        ("rate_limited", 429, "model_rate_limit"),
        ("wrong_key", 502, "model_authentication"),
        ("html", 502, "model_unreadable"),
        ("refusal", 422, "model_policy"),
    ],
)
async def test_a_model_that_cannot_be_asked_is_a_problem(lab, api, fault, status, code):
    lab.fail(fault, vendor="anthropic")
    answer = await api.post("/api/v1/chat", {"text": "Hello.", "route": "anthropic", "session_id": "s-2"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status)
    assert problem["detail"].endswith(".") and problem["title"]
    # The conversation is as it was, and free.
    kept = await Kept.objects.aget(pk="s-2")
    assert (kept.busy_until, len(read(kept.transcript))) == (None, 0)


BAD = [
    ({"text": "Hi.", "route": "defualt"}, 404, "unknown_route", "default"),
    ({"text": "Hi.", "tools": ["dubble"]}, 404, "unknown_tool", "double"),
    ({"text": "Hi.", "prompt": "nobody"}, 422, "bad_question", "There is no prompt 'nobody'"),
    ({"text": " "}, 422, "bad_question", "The user says nothing"),
    ({"text": "Hi.", "choice": "double"}, 422, "model_invalid", "not among the tools"),
    ({"text": "Hi.", "images": ["/etc/passwd"]}, 422, "bad_question", "begins with https://"),
    ({"text": "Hi.", "images": ["data:text/plain;base64,aGk="]}, 422, "bad_question", ""),
    ({"text": "Hi.", "images": ["http://xn--/"]}, 422, "bad_question", "cannot be fetched"),
    ({"text": "Hi.", "rounds": 0}, 400, "invalid_arguments", "rounds"),
    ({"text": "Hi.", "nonsense": 1}, 400, "invalid_arguments", "nonsense"),
    ({"text": "Hi.", "tools": ["double"], "choice": "required", "rounds": 60}, 400, "invalid_arguments", "rounds"),
]


@pytest.mark.parametrize(("body", "status", "code", "said"), BAD)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_cannot_be_asked_is_one_sentence(lab, api, body, status, code, said, stream):
    answer = await api.post("/api/v1/chat", body | {"stream": stream})
    if answer.streaming:
        ((name, problem),) = await events_of(answer)
        assert name == "error"
    else:
        problem = answer.json()
        assert answer.status_code == status
    assert (problem["status"], problem["code"]) == (status, code)
    assert said in problem["detail"] + problem.get("hint", "")
    assert not lab.requests


async def test_a_turn_that_did_not_begin_is_a_span_too(lab, api, models_spans):
    await api.post("/api/v1/chat", {"text": "Hi.", "route": "nowhere"})
    (span,) = models_spans.get_finished_spans()
    assert (span.name, span.attributes["error.type"]) == ("invoke_agent conversation", "unknown_route")
    assert "nowhere" in span.status.description


async def test_nobody_goes_on_with_what_is_somebody_elses(lab, api, api_as):
    await api.post("/api/v1/chat", {"text": "Hello.", "session_id": "mine"})
    answer = await api_as("sb_execute").post("/api/v1/chat", {"text": "Hello.", "session_id": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_conversation")
    assert (await api_as("sb_reader").post("/api/v1/chat", {"text": "Hello."})).status_code == 403
    assert (await api_as("").post("/api/v1/chat", {"text": "Hello."})).status_code == 401


async def test_it_is_one_turn_at_a_time_and_a_client_that_went_away_frees_it(lab, api):
    lab.fail("silence", times=2)
    body = {"text": "Hello?", "session_id": "s-3", "route": "anthropic"}
    first = asyncio.create_task(api.post("/api/v1/chat", body))
    while not lab.requests:
        await asyncio.sleep(0.01)
    second = await api.post("/api/v1/chat", body)
    assert (second.status_code, second.json()["code"]) == (409, "conversation_busy")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    while (await Kept.objects.aget(pk="s-3")).busy_until:
        await asyncio.sleep(0.01)
    lab.forget()
    assert (await api.post("/api/v1/chat", body)).status_code == 200


async def test_what_is_asked_twice_with_one_key_is_answered_and_charged_once(lab, api):
    lab.say(doubles())
    body, headers = {"text": "Double 21.", "tools": ["double"]}, {"Idempotency-Key": "k-1"}
    first = await api.post("/api/v1/chat", body, headers=headers)
    asked = len(lab.requests)
    second = await api.post("/api/v1/chat", body, headers=headers)
    assert second.json() == first.json() and second["Idempotency-Replayed"] == "true"
    ((name, about),) = await events_of(await api.post("/api/v1/chat", body | {"stream": True}, headers=headers))
    assert (name, about) == ("answer", first.json())
    assert len(lab.requests) == asked == 2


async def test_what_a_tool_gave_is_kept_though_the_client_went_away_before_the_answer(lab, api, known_keys):
    lab.say(doubles())
    body = ChatBody(text="Double 21.", tools=["double"], stream=True, session_id="s-5")
    async with aclosing(serve(body, client_of_key(known_keys["sb_full"]))) as events:
        async for event in events:
            if event.name == "called":
                break
    kept = read((await Kept.objects.aget(pk="s-5")).transcript)
    assert [result.content for result in kept.messages[-1].results] == ["42"]


@pytest.mark.parametrize("text", ["A\x00B", "half \ud83d of a pair"])
async def test_an_answer_with_what_postgres_does_not_hold_is_told_and_kept(lab, api, text):
    lab.say(Reply(calls=[ToolUse("refuse", {"why": text})]), Reply(text=text), Reply(text=text))
    body, headers = {"text": "Hello.", "tools": ["refuse"]}, {"Idempotency-Key": "k-2"}
    answer = await api.post("/api/v1/chat", body, headers=headers)
    assert (answer.status_code, answer.json()["ended_by"]) == (200, "answer")
    assert (await api.post("/api/v1/chat", body, headers=headers)).json() == answer.json()
    events = await events_of(await api.post("/api/v1/chat", {"text": "Hello.", "stream": True}))
    assert events[-1][0] == "answer" and events[-1][1]["text"]


async def test_what_could_not_be_kept_is_not_asked(lab, api, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_CHARS", 1_000)
    answer = await api.post("/api/v1/chat", {"text": "Hello. " * 200})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_question")
    assert "smaller pictures" in answer.json()["detail"] and not lab.requests


@pytest.mark.parametrize("when", ["begin", "keep"])
async def test_a_fault_of_ours_ends_the_events(lab, api, monkeypatch, when):
    def away(*args):
        raise OperationalError("the database is away")

    monkeypatch.setattr(keeping, when, away)
    *_, (name, problem) = await events_of(await api.post("/api/v1/chat", {"text": "Hello.", "stream": True}))
    assert (name, problem["code"]) == ("error", "internal_error")


async def test_a_turn_that_failed_behind_its_tools_goes_on_by_its_key(lab, api, executor):
    FAULTY[:], CALLED[:] = [lab], []
    executor.registry.register(spoils)
    lab.say(Reply(calls=[ToolUse("spoils", {})]))
    body, headers = {"text": "Try.", "tools": ["spoils"], "route": "anthropic"}, {"Idempotency-Key": "k-2"}
    failed = await api.post("/api/v1/chat", body, headers=headers)
    assert failed.status_code == 503
    answer = await api.post("/api/v1/chat", body, headers=headers)
    assert (answer.status_code, answer.json()["ended_by"]) == (200, "answer")
    assert [turn.text for turn in lab.requests[-1].turns].count("Try.") == 1
    assert len(CALLED) == 1
    other = await api.post("/api/v1/chat", body | {"text": "Other."}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_pictures_are_had_within_the_turns_time(lab, api, monkeypatch):
    async def never(source):
        await asyncio.Event().wait()

    monkeypatch.setattr(asking, "picture", never)
    body = {"text": "Look.", "images": ["https://example.com/a.png"], "deadline_s": 0.05}
    answer = await api.post("/api/v1/chat", body)
    assert (answer.status_code, "did not come in time" in answer.json()["detail"]) == (422, True)
    assert not lab.requests


async def test_whoever_may_run_tools_no_more_has_none_run(lab, api, executor):
    executor.registry.register(revokes)
    lab.say(Reply(calls=[ToolUse("revokes", {})]), doubles(), doubles())
    answer = await api.post("/api/v1/chat", {"text": "Go.", "tools": ["revokes", "double"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert len(lab.requests) == 2


async def test_who_answers_in_words_is_not_asked_again_beyond_a_limit(lab, api):
    lab.say(Reply(text="No."), Reply(text="No."))
    body = {"text": "Go.", "tools": ["double"], "choice": "required", "rounds": 1, "route": "anthropic"}
    assert (await api.post("/api/v1/chat", body)).json()["ended_by"] == "rounds"
    assert len(lab.requests) == 1


@pytest.mark.parametrize("is_refused", [False, True])
async def test_who_goes_away_amid_the_claim_holds_nothing_and_is_gone(lab, api, monkeypatch, is_refused):
    begun, may_go_on, begin = threading.Event(), threading.Event(), keeping.begin

    def slow(*about):
        begun.set()
        may_go_on.wait(30)
        if is_refused:
            raise Busy("The last turn is not over.")
        return begin(*about)

    monkeypatch.setattr(keeping, "begin", slow)
    asked = asyncio.create_task(api.post("/api/v1/chat", {"text": "Hello.", "session_id": "s-9"}))
    await asyncio.to_thread(begun.wait, 30)
    asked.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not await Kept.objects.filter(busy_until__isnull=False).aexists()
    assert not lab.requests


async def test_over_a_socket_and_it_ends_with_the_socket(lab, executor, known_keys, models_spans):
    lab.say(doubles())
    socket = WebsocketCommunicator(application, "/ws/chat?session_id=s-4", headers=KEY)
    assert (await socket.connect())[0]
    await socket.send_json_to({"action": "chat", "text": "Double 21.", "tools": ["double"]})
    seen = {}
    # What the session hears of its calls comes by another way, and may be later.
    while not {"chat_answer", "tool_status"} <= seen.keys():
        message = await socket.receive_json_from(15)
        seen[message["event"]] = message["data"]
    assert seen["chat_answer"]["calls"][0]["result"] == 42 and seen["chat_answer"]["session_id"] == "s-4"
    assert {"chat_delta", "chat_calling", "chat_called"} <= seen.keys()
    await socket.send_json_to({"action": "chat", "text": "Hi.", "route": "nowhere"})
    while (message := await socket.receive_json_from(15))["event"] == "tool_status":
        pass
    assert (message["event"], message["data"]["code"]) == ("chat_error", "unknown_route")
    lab.fail("silence")
    models_spans.clear()
    asked = len(lab.requests)
    await socket.send_json_to({"action": "chat", "text": "Are you there?"})
    while len(lab.requests) == asked:
        await asyncio.sleep(0.01)
    await socket.disconnect()
    chat, turn = models_spans.get_finished_spans()
    assert "went away" in chat.status.description and "given up" in turn.status.description


async def test_a_turn_ends_with_the_right_to_call_tools(lab, executor, known_keys):
    lab.latency_ms = 50
    lab.say(*[doubles(number) for number in range(5)])
    socket = WebsocketCommunicator(application, "/ws/chat?session_id=s-6", headers=KEY)
    assert (await socket.connect())[0]
    await socket.send_json_to({"action": "chat", "text": "Double.", "tools": ["double"]})
    while (await socket.receive_json_from(15))["event"] != "chat_called":
        pass
    # It may still follow the session.
    reader = replace(known_keys["sb_full"], scopes=frozenset({Scope.READ}))
    with keys.pinned(keys.Snapshot(keys={digest("sb_full"): reader})):
        while (message := await socket.receive_json_from(15))["event"] not in ("chat_error", "chat_answer"):
            pass
    assert (message["event"], message["data"]["code"]) == ("chat_error", "missing_scope")
    assert len(lab.requests) < 5
    await socket.disconnect()
