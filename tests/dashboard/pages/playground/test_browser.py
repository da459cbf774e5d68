"""The playground in a real Chromium on a real daphne, which asks models of the lab."""

import json
import re
from itertools import count
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from salesboost.groups import ensure_groups, permissions
from salesboost.lab import Reply, ToolUse
from tests.live import sign_in, wait_for
from tests.tools.llm.models import PIXEL
from tools.llm.chat.models import Kept
from tools.llm.prompts import seed as prompts
from tools.llm.transcript.stored import read

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]
THREE = {"items": [{"sku": "PRO", "quantity": 3}]}
LONG = "A rather long answer, in many pieces, one after the other."


def calls(**arguments):
    return Reply(calls=[ToolUse("price_calculator", THREE | arguments)])


def say(page, text):
    page.fill("#text", text)
    page.keyboard.press("Enter")


def seen(page, text, where="#said"):
    wait_for(lambda: text in page.inner_text(where), 30, text)


def answered(page, times=1):
    wait_for(lambda: page.locator("#said .note").count() == times, 30, "the answer")


def talked(page, lab):
    """A turn with one call, over."""
    lab.say(calls(), Reply(text="Three cost <b>177</b> euros.", reasoning="I can multiply."))
    say(page, "What do three cost?")
    answered(page)


def test_a_model_answers_with_a_call_of_ours(play, lab):
    talked(play, lab)
    play.click(".called summary")
    card = play.inner_text(".called")
    assert "price_calculator" in card and '"sku": "PRO"' in card and "177" in card
    assert re.search(r"ok\s+[\d.]+\u202fms", card)
    assert "Three cost <b>177</b> euros." in play.inner_text("#said")
    note = play.inner_text("#said .note")
    assert re.search(r"gemini · 2 rounds · [\d,]+ tokens · \$0\.0\d+ · trace", note)
    kept = Kept.objects.get(pk=play.url.rpartition("/")[2])
    assert (kept.sender, kept.asked["tools"], kept.asked["rounds"]) == ("user ana", ["price_calculator"], 10)
    # The same after a reload, from what is kept; and it goes on.
    play.reload()
    assert "Three cost <b>177</b> euros." in play.inner_text("#said")
    assert play.is_checked("[name=tools][value=price_calculator]")
    lab.say(Reply(text="You are welcome."))
    say(play, "Thanks.")
    seen(play, "You are welcome.")
    assert [turn.text for turn in lab.requests[-1].turns if turn.role == "user"][-1] == "Thanks."


def test_the_call_and_the_turn_lead_to_their_spans(play, lab):
    talked(play, lab)
    trace = play.get_attribute("#said .note a", "href")
    play.click(".called summary")
    span = play.get_attribute("[data-span]", "href")
    wait_for(lambda: play.request.get(span).ok, 30, "the span being stored")
    play.click("[data-span]")
    assert play.url.split("?")[0].endswith(trace)
    assert play.inner_text("#span h2") == "price_calculator"


def test_text_is_seen_while_it_grows_and_stop_stops_the_model(play, lab):
    lab.say(Reply(text=LONG))
    lab.fail("stalled_stream")
    say(play, "Tell me.")
    seen(play, "A rather")
    assert "The model writes" in play.inner_text("#going-on") and play.is_hidden("#send")
    play.click("#stop")
    seen(play, "Stopped: the model writes no further. Nothing of this turn is kept.")
    assert play.input_value("#text") == "Tell me." and play.is_visible("#send")
    # At once: the server may not have noticed yet.
    lab.say(Reply(text="Here it is."))
    say(play, "Tell me.")
    answered(play, 2)
    seen(play, "Here it is.")
    kept = read(Kept.objects.get(pk=play.url.rpartition("/")[2]).transcript)
    assert [message.text for message in kept] == ["Tell me.", "Here it is."]


def test_what_was_called_before_a_stop_is_kept(play, lab, monkeypatch):
    asked, released = count(), Event()
    monkeypatch.setattr(lab.server, "latency", lambda: next(asked) and released.wait(60))
    lab.say(calls())
    say(play, "What do three cost?")
    wait_for(lambda: len(lab.requests) == 2, 30, "the model being told the result")
    seen(play, "ok", ".called")
    play.click("#stop")
    seen(play, "Stopped: the model writes no further. What it called up to here is kept.")
    released.set()
    assert play.input_value("#text") == "" and play.locator("#said .gone").count() == 0
    session = play.url.rpartition("/")[2]
    wait_for(lambda: Kept.objects.get(pk=session).busy_until is None, 30, "the turn being over")
    play.reload()
    assert "price_calculator" in play.inner_text("#said")


def test_a_prompt_brings_its_label_and_variables(play, lab):
    prompts.seed()

    def knows():
        play.goto("/playground/?prompt=coach")
        return play.locator("[data-variable]").count() == 3

    wait_for(knows, 30, "the server knowing the prompts")
    assert play.is_hidden("[name=system]") and play.input_value("[name=label]") == "production"
    say(play, "Hello.")
    seen(play, "is not given customer", "#said .alarm")
    play.fill("[data-variable=customer]", "ACME of Rome")
    lab.say(Reply(text="Good day."))
    play.focus("#text")
    play.keyboard.press("Enter")
    answered(play)
    assert "ACME of Rome" in lab.requests[-1].system
    play.reload()
    assert play.input_value("[data-variable=customer]") == "ACME of Rome"
    play.select_option("[name=prompt]", "")
    assert play.is_visible("[name=system]") and play.is_hidden("[name=label]")


def test_a_draft_that_is_given_up_is_taken_back(play, lab):
    lab.say(Reply(text=LONG), Reply(text="Short."))
    lab.fail("cut_stream", vendor="gemini")
    say(play, "Tell me.")
    answered(play)
    gone = play.locator("#said .gone")
    assert "taken back:" in gone.inner_text() and "A rather" not in gone.inner_text()
    gone.locator("summary >> text=What it had said").click()
    assert "A rather" in gone.inner_text()
    assert "claude" in play.inner_text("#said .note") and "Short." in play.inner_text("#said")


def test_a_call_that_fails_says_why_and_is_run_again_with_other_arguments(play, lab, console_errors):
    lab.say(calls(items=[{"sku": "PROO", "quantity": 3}]), Reply(text="I cannot."))
    say(play, "What do three cost?")
    answered(play)
    assert "failed" in play.inner_text(".called") and "PROO" in play.inner_text(".called .error")
    play.click(".called summary")
    play.click("[data-edit]")
    box = play.locator("[data-edited]")
    assert json.loads(box.input_value()) == {"items": [{"sku": "PROO", "quantity": 3}]}
    box.fill('{"items": [')
    play.click(".again >> text=Run")
    seen(play, "The arguments are no JSON (", "[data-outcome]")
    box.fill("[1]")
    play.click(".again >> text=Run")
    seen(play, "not an object", "[data-outcome]")
    box.fill(json.dumps(THREE))
    play.click(".again >> text=Run")
    seen(play, "177", "[data-outcome]")
    assert "ok" in play.inner_text("[data-outcome]")
    box.fill('{"items": []}')
    play.click(".again >> text=Run")
    seen(play, "failed", "[data-outcome]")
    console_errors.clear()  # the browser tells of each status that is none of success


def test_what_it_thought_is_folded(play, lab):
    lab.say(Reply(text="Yes.", reasoning="Is it? It is."))
    play.select_option("[name=route]", "oss")
    say(play, "Is it?")
    answered(play)
    assert "Is it? It is." not in play.inner_text("#said .assistant")
    play.click("text=What it thought")
    assert "Is it? It is." in play.inner_text("#said .assistant")


def another(page, *rights):
    """A page of somebody else, with those rights."""
    ensure_groups()
    user = User.objects.create_user("bob")
    user.user_permissions.add(*permissions(rights))
    client = Client()
    client.force_login(user)
    opened = page.context.browser.new_context(base_url=page.url.split("/playground")[0]).new_page()
    sign_in(opened, page.url, client.session.session_key)
    return opened


def test_the_link_is_read_by_somebody_else(play, lab):
    play.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert play.is_hidden("text=Copy the link")
    talked(play, lab)
    play.click("text=Copy the link")
    link = play.evaluate("navigator.clipboard.readText()")
    assert link == play.url
    reader = another(play, "telemetry.view_spanpayload")
    reader.goto(link)
    assert "begun by user ana: you can read it" in reader.inner_text("#read-only")
    assert "Three cost <b>177</b> euros." in reader.inner_text("#said")
    assert "price_calculator" in reader.inner_text(".settings") and reader.locator("#composer").count() == 0


def test_who_may_not_read_it_is_told_so(play, lab):
    talked(play, lab)
    stranger = another(play, "tools.execute_tool")
    assert stranger.goto(play.url).status == 403
    assert "Somebody else began this conversation" in stranger.inner_text("main")


def choose_gone_route(page):
    page.goto("/playground/?route=nowhere")


def ask_in_two_windows(page):
    session = page.get_attribute("#talk", "data-session")
    Kept.objects.create(session_id=session, sender="user ana", busy_until="2099-01-01T00:00Z")


def forget_the_login(page):
    Session.objects.all().delete()


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (choose_gone_route, "There is no route 'nowhere'"),
        (ask_in_two_windows, "is not over: wait for it"),
        (forget_the_login, "You are signed out: load the page again and sign in."),
    ],
)
def test_what_is_refused_is_one_sentence(play, lab, console_errors, before, said):
    before(play)
    say(play, "Hello.")
    seen(play, said, "#said .alarm")
    assert play.input_value("#text") == "Hello." and "not kept" in play.inner_text("#said .user")
    console_errors.clear()


def test_a_lost_connection_says_what_to_do(play, lab, live_server_daphne, console_errors):
    lab.say(Reply(text=LONG))
    lab.fail("stalled_stream")
    say(play, "Tell me.")
    seen(play, "A rather")
    live_server_daphne.process.kill()
    live_server_daphne.process.wait()
    seen(play, "The connection was lost, which stopped the model: load the page again", "#said .alarm")
    say(play, "Tell me.")
    seen(play, "The server cannot be reached: look after your connection")
    live_server_daphne.start()
    console_errors.clear()


def test_shift_enter_begins_a_line_and_nothing_is_not_sent(play, lab):
    play.focus("#text")
    play.keyboard.press("Enter")
    play.keyboard.type("One")
    play.keyboard.press("Shift+Enter")
    play.keyboard.type("two")
    lab.say(Reply(text="Yes."))
    play.keyboard.press("Enter")
    answered(play)
    assert [turn.text for turn in lab.requests[0].turns] == ["One\ntwo"]
    assert len(lab.requests) == 1 and play.evaluate("document.activeElement.id") == "text"


def test_a_picture_is_attached(play, lab):
    lab.say(Reply(text="A dot."))
    file = {"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL.data}
    play.set_input_files("#picture", files=[file])
    seen(play, "dot.png", "#attached")
    say(play, "What is it?")
    answered(play)
    assert play.locator("#said .user img").count() == 1 and play.inner_text("#attached") == ""
    play.set_input_files("#picture", files=[file | {"buffer": b"x" * 1_500_000}])
    seen(play, "more than 1.4 MB", "#attached")
    play.reload()
    assert play.locator("#said .user img").get_attribute("src").startswith("data:image/png;base64,")


def test_tools_are_found_by_their_words(play):
    play.fill("#tools-search", "quote cent")
    assert play.locator("#tools label:visible").count() == 1
    assert "1 chosen" in play.inner_text("#tools-chosen")
    play.fill("#tools-search", "nothing of the kind")
    assert play.is_visible("#tools-none")
    play.check("[name=tools][value='*']")
    assert "all" in play.inner_text("#tools-chosen")


@pytest.mark.parametrize("width", [320, 390, 900, 1440])
def test_nothing_sticks_out_sideways(play, lab, width):
    lab.say(calls(items=[{"sku": "P" * 40, "quantity": 3}]), Reply(text="W" * 400))
    play.set_viewport_size({"width": width, "height": 800})
    say(play, "x" * 300)
    answered(play)
    play.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    play.click("[data-edit]")
    assert play.evaluate("document.documentElement.scrollWidth") <= width


def test_every_field_has_a_name_and_the_keyboard_reaches_it(play):
    unnamed = "[...document.querySelectorAll('main :is(input:not([type=hidden]), select, textarea)')]"
    assert play.evaluate(f"{unnamed}.filter(e => !e.labels[0]?.textContent.trim()).length") == 0
    play.focus("[name=route]")
    reached = set()
    for _ in range(40):
        play.keyboard.press("Tab")
        reached.add(play.evaluate("document.activeElement.name || document.activeElement.id"))
    assert {"prompt", "system", "tools", "caller_role", "effort", "rounds", "text", "send", "picture"} <= reached
