"""The playground as the server draws it: the form, a kept conversation, and who sees which."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.pages.playground import choices
from tools.llm.prompts import live as prompts
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import Variable

pytestmark = pytest.mark.django_db
RUN = "tools.execute_tool"


@pytest.fixture
def visit(client, person):
    """``visit(address, right, …, name="ana")``: the page as somebody with those rights sees it."""

    def get(address, *rights, name="ana", **fields):
        client.force_login(person(name, *rights, **fields))
        return client.get(address)

    return get


def words(answer):
    """The page's text, without marks."""
    text = re.sub(r"<(script|template).*?</\1>", "", answer.content.decode(), flags=re.S)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def chosen(answer, name):
    """The option of the select *name* that is chosen."""
    select = re.search(rf'<select name="{name}">(.*?)</select>', answer.content.decode(), re.S)[1]
    return re.findall(r'<option(?: value="([^"]*)")? selected>([^<]*)', select)


def test_a_new_conversation_offers_what_there_is(visit, models):
    with models("anthropic", "gemini", lacks={"gemini": "It has no key."}):
        answer = visit("/playground/", RUN)
    text = words(answer)
    assert "default (anthropic, then gemini)" in text and "gemini-3.8-flash; cannot be asked" in text
    assert "price_calculator" in text and "Nothing was said yet." in text
    assert chosen(answer, "route") == [("default", "default (anthropic, then gemini)")]
    assert "There is no deployment but" not in text
    assert re.search(r'data-session="play-[0-9a-f]{32}"', answer.content.decode())


def test_the_address_fills_in_the_form(visit, models):
    with models("anthropic"):
        answer = visit("/playground/?route=anthropic&tools=price_calculator&system=Be+brief.", RUN)
    assert chosen(answer, "route")[0][0] == "anthropic"
    assert 'value="price_calculator" checked' in answer.content.decode()
    assert "Be brief.</textarea>" in answer.content.decode()


def test_a_route_that_is_gone_stays_chosen_and_says_so(visit, models):
    with models("anthropic"):
        answer = visit("/playground/?route=old", RUN)
    assert chosen(answer, "route") == [("old", "old (there is none any more)")]


@pytest.mark.parametrize(
    ("rights", "is_staff", "said"),
    [
        ((RUN,), False, "ask an admin to add one"),
        ((RUN, "providers.add_deployment"), True, "add one in the admin"),
    ],
)
def test_with_nobody_to_ask_it_says_what_to_do(visit, models, rights, is_staff, said):
    with models("anthropic", lacks={"anthropic": "It has no key."}):
        answer = visit("/playground/", *rights, is_staff=is_staff)
    assert "There is no deployment but echo" in words(answer) and said in words(answer)
    assert ("/admin/providers/deployment/add/" in answer.content.decode()) is is_staff


@pytest.mark.parametrize(("rights", "has_more"), [((), False), (("tools.execute_as_any_role",), True)])
def test_roles_are_those_that_one_may_claim(visit, models, rights, has_more):
    with models("anthropic"):
        page = visit("/playground/", RUN, *rights).content.decode()
    found = re.findall(r"<option[^>]*>(\w+)", re.search(r'"caller_role">(.*?)</select>', page, re.S)[1])
    assert found[0] == "coach" and (len(found) > 1) is has_more


def test_prompts_come_with_labels_and_variables():
    version = Version("coach", 1, {(Family.DETAILED, Rung.DETAILED): "Hi {{ name }}."}, (Variable(name="name"),))
    snapshot = prompts.Snapshot({"coach": {"production": version, "draft": None}, "empty": {"production": None}})
    with prompts.pinned(snapshot):
        assert choices.prompt_choices() == {"coach": {"production": [Variable(name="name").as_json()]}}


def test_who_began_it_goes_on(visit, keep, models):
    keep()
    with models("anthropic"):
        answer = visit("/playground/play-1", RUN)
    text, page = words(answer), answer.content.decode()
    assert "What do three cost?" in text and "They cost 42." in text and "Three times one." in text
    assert 'id="composer"' in page and "Edit and run again" in text and "read it" not in text
    assert chosen(answer, "route") == [("claude", "claude (there is none any more)")]
    assert 'name="rounds" min="1" max="50" value="4"' in re.sub(r"\s+", " ", page)


def test_what_was_said_cannot_become_markup(visit, keep, models):
    keep()
    with models("anthropic"):
        page = visit("/playground/play-1", RUN).content.decode()
    assert "<script>alert" not in page and "<b>lose" not in page and "&lt;b&gt;lose" in page


@pytest.mark.parametrize("rights", [("telemetry.view_spanpayload",), ("operator",)])
def test_others_read_it_if_they_may_see_payloads(visit, keep, models, rights):
    keep()
    with models("anthropic"):
        answer = visit("/playground/play-1", *rights, name="bob")
    text = words(answer)
    assert "This conversation was begun by user ana: you can read it, and only they go on with it." in text
    assert "They cost 42." in text and "price_calculator" in text and "Be brief." in text
    assert 'id="composer"' not in answer.content.decode() and "Edit and run again" not in text


def test_others_who_may_not_are_told_what_it_wants(visit, keep):
    keep()
    answer = visit("/playground/play-1", RUN, name="bob")
    assert answer.status_code == 403
    assert "Somebody else began this conversation" in words(answer) and "42" not in words(answer)
    assert "telemetry.view_spanpayload" in words(answer)


def test_a_key_of_ones_own_name_is_somebody_else(visit, keep):
    keep(sender="key ana")
    assert visit("/playground/play-1", RUN).status_code == 403


def test_who_may_not_run_tools_any_more_reads_what_they_began(visit, keep):
    keep()
    answer = visit("/playground/play-1", "telemetry.view_spanpayload")
    assert "not go on: that wants the permission tools.execute_tool" in words(answer)


def test_a_turn_that_goes_on_elsewhere_is_told(visit, keep, models):
    keep(busy_until=timezone.now() + timedelta(minutes=1))
    with models("anthropic"):
        assert "A turn of it is going on" in words(visit("/playground/play-1", RUN))


def test_one_that_cannot_be_read_is_a_sentence(visit, keep, models):
    kept = keep()
    kept.transcript = "[{"
    kept.save()
    with models("anthropic"):
        answer = visit("/playground/play-1", RUN)
    assert answer.status_code == 200 and 'class="alarm"' in answer.content.decode()


def test_one_that_there_is_not_says_why(visit):
    answer = visit("/playground/nobody", RUN)
    assert answer.status_code == 404 and "forgotten with age" in words(answer)


@pytest.mark.parametrize("session_id", ["a/b?c=d&e#f", "with space", "ü%41"])
def test_any_session_has_an_address(visit, keep, models, session_id):
    keep(session_id)
    with models("anthropic"):
        page = visit("/playground/", RUN)
        from django.urls import reverse

        address = reverse("playground-conversation", args=[session_id])
        assert page.client.get(address).status_code == 200


def test_a_page_costs_two_queries_however_long_the_conversation_is(visit, keep, models, django_assert_num_queries):
    keep()
    with models("anthropic"):
        first = visit("/playground/play-1", RUN)
        with django_assert_num_queries(5):  # session, user, its permissions and its groups'; the conversation
            first.client.get("/playground/play-1")
