"""The pages of prompts, from stored prompts and spans."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.addresses.selection import Selection
from dashboard.live.pages import Watch, render
from telemetry.cost import book
from telemetry.store.batches import write_spans
from tests.dashboard.builders import store_calls
from tests.dashboard.figures import rates, without_base, without_window
from tests.telemetry.cost.builders import enter, model_call
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.adjusting.models import RungMove
from tools.llm.prompts.models import LabelMove, Prompt

pytestmark = pytest.mark.django_db


def text(answer):
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\u202f", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", plain)


def shown(client, path="/prompts/"):
    answer = client.get(path)
    assert answer.status_code == 200
    return text(answer)


def asked(version, number=1, **changes):
    """Stored: a call of a model that was sent *version*."""
    at = timezone.now() - timedelta(seconds=5)
    write_spans([model_call(**{"start_time": at, "span_id": number, "prompt_version": version, **changes})])


def test_each_version_that_is_live_is_shown_with_its_success(signed_in):
    a_prompt(versions=3, production=1, staging=3)
    store_calls(good=57, bad=3, prompt_version="greeting@1")
    told = shown(signed_in)
    assert "greeting 1 production healthy 95.0 % 86.3 – 98.3 60 0 – – tried ann," in told
    assert "greeting 3 staging no calls – – 0 0" in told and "greeting 2" not in told


def test_of_few_calls_no_rate_is_told(signed_in):
    a_prompt(production=1)
    store_calls(good=3, prompt_version="greeting@1")
    assert "greeting 1 production too few calls – 43.9 – 100 3 0" in shown(signed_in)


def test_a_version_that_was_called_is_shown_also_without_a_label(signed_in):
    a_prompt(versions=2, production=1)
    store_calls(good=1, prompt_version="greeting@2")
    store_calls(good=1, prompt_version="elsewhere@2")
    told = shown(signed_in)
    assert "greeting 2 – too few calls" in told and "elsewhere" not in told


def test_calls_of_models_have_their_number_median_and_cost(signed_in):
    book.forget()
    enter("2.5")
    a_prompt(production=1)
    asked("greeting@1", duration_ms=800.0)
    asked("greeting@1", 2, duration_ms=800.0)
    asked("greeting@1", 3, model="gpt-99", duration_ms=800.0)
    assert "greeting 1 production no calls – – 0 3 800 ms $2.50" in shown(signed_in)
    book.forget()


def test_filters_of_the_address_hold(signed_in):
    a_prompt(production=1)
    store_calls(good=3, prompt_version="greeting@1", model="gpt-5")
    assert "too few calls – 43.9 – 100 3" in shown(signed_in, "/prompts/?model=gpt-5")
    assert "greeting 1 production no calls" in shown(signed_in, "/prompts/?model=other")


def moved_before(prompt, minutes, number):
    """Production of *prompt* points at version *number* since *minutes* ago."""
    label, to = prompt.labels.get(name="production"), prompt.versions.get(number=number)
    at = timezone.now() - timedelta(minutes=minutes)
    LabelMove.objects.create(
        label=label, from_version=label.version, to_version=to, by="ann", reason="shorter", at=at
    )
    prompt.labels.filter(pk=label.pk).update(version=to)
    return at


@pytest.fixture
def changed(db):
    """A prompt that went from version 1 to 2 half an hour ago, and when."""
    prompt = a_prompt(production=1)
    return moved_before(prompt, 30, 2)


def test_a_change_for_the_better_is_told_with_its_interval(signed_in, changed):
    store_calls(good=50, bad=50, prompt_version="greeting@1", at=changed - timedelta(minutes=5))
    store_calls(good=95, bad=5, prompt_version="greeting@2", at=changed + timedelta(minutes=5))
    for path in ("/prompts/", "/prompts/greeting/"):
        told = shown(signed_in, path)
        assert "better 45.0 points more (33.6 points to 55.0 points)." in told
        assert "50.0 % (40.4 – 59.6), n = 100 95.0 % (88.8 – 97.8), n = 100" in told
    assert "30 min each" in shown(signed_in)


def test_where_chance_explains_it_that_is_said(signed_in, changed):
    store_calls(good=8, bad=2, prompt_version="greeting@1", at=changed - timedelta(minutes=5))
    store_calls(good=10, prompt_version="greeting@2", at=changed + timedelta(minutes=5))
    assert "No difference can be told from 10 + 10 calls." in shown(signed_in, "/prompts/greeting/")


def test_without_calls_on_a_side_nothing_is_told(signed_in, changed):
    assert "there was no tool call on either side" in shown(signed_in)
    store_calls(good=10, prompt_version="greeting@2", at=changed + timedelta(minutes=5))
    told = shown(signed_in, "/prompts/greeting/")
    assert "Nothing can be told: there was no tool call before. no calls 100 % (72.2 – 100), n = 10" in told


def test_calls_beyond_the_same_length_of_time_do_not_count(signed_in, changed):
    store_calls(good=50, prompt_version="greeting@1", at=changed - timedelta(minutes=40))
    assert "there was no tool call on either side" in shown(signed_in)


def test_a_prompts_page_has_all_versions_moves_and_ways_into_the_admin(client, person, changed):
    client.force_login(person("boss", is_superuser=True, is_staff=True))
    a_prompt("farewell", production=1)
    answer = client.get("/prompts/greeting/")
    told, html = text(answer), answer.content.decode()
    assert "Production went from version 1 to 2" in told and "by ann: shorter" in told
    assert "2 production no calls" in told and "1 – no calls" in told and "farewell" not in told
    here = f"/admin/prompts/prompt/{Prompt.objects.get(name='greeting').pk}"
    for way in ("change/", "versions/new/", "diff/?from=1&amp;to=2"):
        assert f'href="{here}/{way}"' in html
    assert client.get("/prompts/unknown/").status_code == 404


def test_who_is_no_staff_is_shown_no_way_into_the_admin(client, person):
    a_prompt(production=1)
    client.force_login(person("olaf", "operator"))
    for path in ("/prompts/", "/prompts/greeting/"):
        assert "/admin/" not in client.get(path).content.decode()
    assert 'href="/prompts/?period=15m" aria-current="page"' in client.get("/prompts/greeting/").content.decode()


def test_what_there_is_not_is_said_with_its_reason(signed_in):
    assert "There is no prompt yet." in shown(signed_in) and "Nothing has gone live yet" in shown(signed_in)
    a_prompt(versions=0)
    assert "No label points at a version yet" in shown(signed_in)
    told = shown(signed_in, "/prompts/greeting/")
    assert "Nobody has written a version yet." in told and "nothing of this prompt is live" in told
    a_prompt("other", production=1)
    assert "Nothing of these is live: greeting ." in shown(signed_in)


def queries_of(client, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_list_asks_as_much_for_many_as_for_one(signed_in):
    a_prompt("first", production=1)
    store_calls(good=1, prompt_version="first@1")
    signed_in.get("/prompts/")
    one = queries_of(signed_in, "/prompts/")
    for number in range(8):
        a_prompt(f"other{number}", production=1, staging=2)
        store_calls(good=1, prompt_version=f"other{number}@1")
    assert queries_of(signed_in, "/prompts/") == one


@pytest.mark.parametrize("watch", [Watch("prompts"), Watch("prompt", Selection(prompt="greeting"))])
def test_what_is_pushed_are_the_parts_of_the_page(signed_in, changed, watch):
    store_calls(good=3, prompt_version="greeting@2")
    path = "/prompts/greeting/" if watch.page == "prompt" else "/prompts/"
    whole = signed_in.get(path).content.decode()
    for part, html in render(watch).items():
        assert f'id="{part}"' in html and f'id="{part}"' in whole
    assert "<script" not in "".join(render(watch).values())


def test_a_prompt_that_is_gone_draws_nothing_of_another(changed):
    parts = render(Watch("prompt", Selection(prompt="gone")))
    assert "greeting" not in "".join(parts.values())


def test_every_rate_names_its_window_and_its_base(signed_in, changed):
    store_calls(good=50, bad=50, prompt_version="greeting@1", at=changed - timedelta(minutes=5))
    store_calls(good=95, bad=5, prompt_version="greeting@2")
    for path in ("/prompts/", "/prompts/greeting/"):
        html = signed_in.get(path).content.decode()
        assert len(rates(html)) >= 2
        assert without_window(html) == without_base(html) == []


def less_said(prompt, to_rung, minutes_ago, deployment="groq"):
    at = timezone.now() - timedelta(minutes=minutes_ago)
    RungMove.objects.create(
        prompt=prompt, deployment=deployment, from_rung="detailed", to_rung=to_rung, at=at, reason="4 of 5"
    )


def test_where_less_is_said_stands_on_the_page_of_the_prompt(signed_in):
    a_prompt(versions=2, production=2)
    less_said("greeting@2", "simple", 9)
    less_said("greeting@2", "minimal", 5)
    less_said("greeting@2", "simple", 9, "xai")
    less_said("greeting@2", "detailed", 5, "xai")  # and came back
    less_said("greeting@1", "simple", 5)  # which is not live
    told = shown(signed_in, "/prompts/greeting/")
    assert "greeting@2 groq minimal" in told and "4 of 5" in told
    assert "xai" not in told and "greeting@1" not in told


def test_where_nothing_is_left_out_the_page_says_so(signed_in):
    a_prompt(production=1)
    assert "Every deployment is asked with the whole text" in shown(signed_in, "/prompts/greeting/")
