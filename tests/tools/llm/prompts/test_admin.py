"""The admin's pages of prompts."""

import html
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tools.llm.prompts import live
from tools.llm.prompts.admin.forms import KEYS, field_of
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.models import Label, LabelMove, Prompt
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import write

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def boss(client, person):
    client.force_login(person("boss", "admin", is_staff=True))
    return client


@pytest.fixture
def watcher(person):
    watching = Client()
    watching.force_login(person("watcher", "operator", is_staff=True))
    return watching


def address(page, prompt, *rest):
    return reverse(f"admin:prompts_prompt_{page}", args=[prompt.pk, *rest])


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def moved(client, prompt, **fields):
    about = {"label": "production", "seen": "1", "to": "2", "reason": "shorter", **fields}
    return text_of(client.post(address("move", prompt), about, follow=True))


def at(prompt, label="production"):
    return Label.objects.get(prompt=prompt, name=label).version.number


def test_the_list_shows_what_is_live(boss, make_prompt):
    make_prompt(production=1, staging=2)
    told = text_of(boss.get(reverse("admin:prompts_prompt_changelist")))
    assert "greeting" in told and "version 1" in told and "version 2" in told


def queries_of(client, page):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def test_the_list_asks_as_much_for_many_as_for_one(boss, make_prompt):
    page = reverse("admin:prompts_prompt_changelist")
    make_prompt(production=1)
    boss.get(page)
    one = queries_of(boss, page)
    for number in range(9):
        make_prompt(f"other{number}", production=1, staging=2)
    assert queries_of(boss, page) == one


def test_a_prompts_page_asks_as_much_for_many_versions_as_for_one(boss, make_prompt, draft):
    prompt = make_prompt(versions=1, production=1)
    page = address("change", prompt)
    boss.get(page)
    one = queries_of(boss, page)
    for number in range(9):
        version = write(prompt, draft(), "ann")
        Label.objects.create(prompt=prompt, name=f"own{number}", version=version)
        LabelMove.objects.create(label=Label.objects.last(), to_version=version, by="ann", reason="made")
    assert queries_of(boss, page) == one


def test_a_prompts_page_has_its_labels_and_versions(boss, make_prompt):
    prompt = make_prompt(production=1, staging=2)
    told = text_of(boss.get(address("change", prompt)))
    assert "production points at version 1." in told and "staging points at version 2." in told
    assert "Promote version 2" in told and "Roll back" not in told
    assert told.index("made so") > told.index("What changed")


def test_a_prompt_is_made_and_its_purpose_edited_but_not_its_name(boss):
    form = {"name": "greeting", "purpose": "Answers."}
    assert boss.post(reverse("admin:prompts_prompt_add"), form).status_code == 302
    prompt = Prompt.objects.get()
    assert prompt.labels.count() == 2
    boss.post(address("change", prompt), {"name": "other", "purpose": "Asks."})
    prompt.refresh_from_db()
    assert (prompt.name, prompt.purpose, prompt.history.count()) == ("greeting", "Asks.", 2)
    assert "Nobody has written a version yet" in text_of(boss.get(address("change", prompt)))
    assert boss.get(address("history", prompt)).status_code == 200
    told = text_of(boss.post(address("change", prompt), {"purpose": ""}))
    assert "Labels" in told and "required" in told


def test_a_label_is_moved_with_a_reason(boss, make_prompt, django_capture_on_commit_callbacks):
    prompt = make_prompt(production=1)
    with django_capture_on_commit_callbacks() as after:
        assert "production points at version 2 now" in moved(boss, prompt)
    assert live.refresh in after
    assert at(prompt) == 2
    assert (LabelMove.objects.first().by, LabelMove.objects.first().reason) == ("boss", "shorter")


def test_a_move_without_a_reason_or_from_an_old_page_moves_nothing(boss, make_prompt):
    prompt = make_prompt(versions=3, production=1)
    assert "Say why" in moved(boss, prompt, reason=" ")
    assert "Nothing was moved: ann has pointed production at version 1 meanwhile" in moved(boss, prompt, seen="3")
    assert "Nothing was moved" in moved(boss, prompt, seen="")
    assert at(prompt) == 1


@pytest.mark.parametrize("fields", [{"label": "prod"}, {"to": "9"}, {"to": "x"}, {"seen": "9" * 30}, {"to": ""}])
def test_what_is_not_there_is_no_place_to_move_to(boss, make_prompt, fields):
    prompt = make_prompt(production=1)
    about = {"label": "production", "seen": "1", "to": "2", "reason": "shorter", **fields}
    assert boss.post(address("move", prompt), about).status_code == 404
    assert at(prompt) == 1


def forms_of(page):
    """Each form of *page* by what its button says: what a browser without JavaScript would send."""
    found = {}
    for form in re.findall(r"<form method=\"post\".*?</form>", page.content.decode(), re.DOTALL):
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        if button := re.search(r'aria-label="([^"]*)"', form):
            found[re.sub(r"\s+", " ", button[1]).strip()] = fields
    return found


def test_a_version_is_promoted_and_rolled_back_by_one_click_each(boss, make_prompt):
    prompt = make_prompt(production=1, staging=2)
    promote = forms_of(boss.get(address("change", prompt)))["production: Promote version 2"]
    boss.post(address("move", prompt), {**promote, "reason": "tried"})
    assert at(prompt) == 2
    forms = forms_of(boss.get(address("change", prompt)))
    assert not [name for name in forms if "Promote" in name]
    boss.post(address("move", prompt), {**forms["production: Roll back to version 1"], "reason": "worse"})
    assert [at(prompt), at(prompt, "staging")] == [1, 2]
    assert [move.reason for move in LabelMove.objects.all()[:2]] == ["worse", "tried"]


def test_a_label_of_ones_own(boss, make_prompt):
    prompt = make_prompt()
    form = {"name": "germany", "to": "2", "reason": "a test there"}
    assert "The label germany points at version 2." in text_of(
        boss.post(address("label", prompt), form, follow=True)
    )
    assert "cannot be made" in text_of(boss.post(address("label", prompt), form, follow=True))
    assert at(prompt, "germany") == 2


def form_of(page):
    """What the form of a new version would send as it stands."""
    fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page))
    for name, value in re.findall(r'<textarea name="([\w-]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        fields[name] = html.unescape(value).removeprefix("\n").removeprefix("\r\n")
    for tag in re.findall(r"<input [^>]*>", page):
        name = re.search(r'name="([\w-]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' in tag:
            fields |= {name[1]: "on"} if re.search(r"\schecked[\s>]", tag) else {}
        elif name and value:
            fields[name[1]] = html.unescape(value[1])
    return fields


def test_a_new_version_begins_with_what_another_says(boss, make_prompt):
    prompt = make_prompt(versions=2)
    page = boss.get(address("new", prompt) + "?from=1").content.decode()
    fields = form_of(page)
    assert fields["text_detailed_detailed"] == "Number 1: {{customer}}, {{notes}}"
    assert (fields["variables-0-name"], fields["variables-1-name"]) == ("customer", "notes")
    made = boss.post(address("new", prompt), {**fields, "note": "as before"}, follow=True)
    assert "Version 3 is stored. No label points at it yet." in text_of(made)
    first, third = (prompt.versions.get(number=number) for number in (1, 3))
    assert third.plain().texts == first.plain().texts and third.variables == first.variables
    assert (third.author, third.note) == ("boss", "as before")


def test_lines_end_as_everywhere_but_in_forms(boss, make_prompt):
    prompt = make_prompt(versions=0)
    fields = {**form_of(boss.get(address("new", prompt)).content.decode()), "text_detailed_detailed": "a\r\nb\r\n"}
    boss.post(address("new", prompt), fields)
    assert prompt.versions.get().variants.get().text == "a\nb"


def test_a_draft_with_faults_is_not_lost(boss, make_prompt):
    prompt = make_prompt(versions=1)
    fields = form_of(boss.get(address("new", prompt)).content.decode())
    lines = "\r\n".join("123456")
    answer = boss.post(
        address("new", prompt), {**fields, "text_brief_simple": lines, "text_detailed_simple": "{{who}}"}
    )
    told = text_of(answer)
    assert "Nothing was stored" in told
    assert "A brief variant has at most five lines, and brief/simple has 6." in told
    assert "detailed/simple uses who, which nobody declared." in told
    assert "Number 1" in told and prompt.versions.count() == 1
    assert "could not be read" in text_of(boss.post(address("new", prompt), {}))


def test_two_versions_are_compared(boss, make_prompt):
    prompt = make_prompt()
    page = boss.get(address("diff", prompt) + "?from=1&to=2")
    assert "-Number 1: {{customer}}, {{notes}}" in text_of(page)
    assert "+Number 2: {{customer}}, {{notes}}" in text_of(page)
    assert 'class="diff-line diff-added"' in page.content.decode()
    assert "brief/simple" not in text_of(page)
    assert "The two say the same" in text_of(boss.get(address("diff", prompt) + "?from=1&to=1"))
    assert boss.get(address("diff", prompt) + "?from=1&to=9").status_code == 404
    assert boss.get(address("diff", prompt)).status_code == 404


def two_dollars(provider, model, *, input_tokens, **rest):
    """What a million tokens cost."""
    return Decimal(2) * input_tokens / 1_000_000


def test_a_version_is_shown_as_it_is_sent(boss, make_prompt, settings):
    settings.MODEL_PRICE = f"{__name__}.two_dollars"
    prompt = make_prompt()
    told = text_of(boss.get(address("version", prompt, 1)))
    assert "Number 1: {{customer}}, nothing" in told
    assert "structured/minimal is not written: detailed/detailed is sent instead" in told
    told = text_of(
        boss.post(address("version", prompt, 1), {"value-customer": "Acme", "value-notes": "one two " * 9})
    )
    assert "Number 1: Acme, one two one two" in told
    assert re.search(r"gpt-6-sol: some \d+ tokens, \$0\.\d+ for a thousand calls", told)
    told = text_of(
        boss.post(
            address("version", prompt, 1),
            {"value-customer": "Acme", "value-notes": "one two " * 9, "most_tokens": "8"},
        )
    )
    assert "Cut: notes lost" in told
    told = text_of(boss.post(address("version", prompt, 1), {"most_tokens": "1"}))
    assert "may take 1" in told
    assert boss.get(address("version", prompt, 9)).status_code == 404


@pytest.mark.parametrize("page", ["change", "version", "diff", "new"])
def test_what_somebody_wrote_is_shown_and_never_run(boss, make_prompt, draft, page):
    prompt = make_prompt(versions=0)
    Prompt.objects.update(purpose=EVIL)
    variables = (
        Variable(name="customer", what=EVIL),
        Variable(name="notes", what=EVIL, required=False, default=f'"{EVIL}'),
    )
    for number in (1, 2):
        text = f"{number} {EVIL} {{{{customer}}}} {{{{notes}}}}</textarea>"
        version = write(prompt, draft(text, note=EVIL, variables=variables), EVIL)
    boss.post(address("label", prompt), {"name": "own", "to": "2", "reason": EVIL})
    assert version.labels.exists()
    where = address(page, prompt, *([2] if page == "version" else [])) + ("?from=1&to=2" if page == "diff" else "")
    answers = [boss.get(where)]
    if page == "version":
        answers.append(boss.post(where, {"value-customer": EVIL + "</pre>"}))
    for answer in answers:
        body = answer.content.decode()
        assert answer.status_code == 200
        assert EVIL not in body and "&lt;script&gt;alert(1)" in body
        assert body.count("</textarea>") == body.count("<textarea")


def test_operators_look_and_change_nothing(watcher, make_prompt):
    prompt = make_prompt(production=1, staging=2)
    page = watcher.get(address("change", prompt))
    assert "production points at version 1" in text_of(page)
    assert not forms_of(page) and "New version" not in text_of(page)
    assert watcher.get(address("version", prompt, 1)).status_code == 200
    assert watcher.post(address("version", prompt, 1), {"value-customer": "Acme"}).status_code == 200
    assert watcher.get(address("diff", prompt) + "?from=1&to=2").status_code == 200
    for refused in (
        watcher.get(address("new", prompt)),
        watcher.post(address("new", prompt), {}),
        watcher.post(address("move", prompt), {"label": "production", "seen": "1", "to": "2", "reason": "mine"}),
        watcher.post(address("label", prompt), {"name": "mine", "to": "2", "reason": "mine"}),
        watcher.get(reverse("admin:prompts_prompt_add")),
    ):
        assert refused.status_code == 403
    assert at(prompt) == 1


def test_viewers_see_nothing(client, person, make_prompt):
    prompt = make_prompt()
    client.force_login(person("vera", "viewer", is_staff=True))
    for page, rest in (("changelist", None), ("change", ()), ("version", (1,)), ("diff", ()), ("new", ())):
        where = reverse("admin:prompts_prompt_changelist") if rest is None else address(page, prompt, *rest)
        assert client.get(where).status_code == 403


def test_nobody_deletes_a_prompt(boss, make_prompt):
    assert boss.post(address("delete", make_prompt()), {"post": "yes"}).status_code == 403


def test_a_form_from_elsewhere_moves_nothing(person, make_prompt):
    prompt = make_prompt(production=1)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person("boss", "admin", is_staff=True))
    form = {"label": "production", "seen": "1", "to": "2", "reason": "forged"}
    assert strict.post(address("move", prompt), form).status_code == 403
    assert strict.get(address("move", prompt)).status_code == 405
    assert at(prompt) == 1


def test_each_family_and_rung_has_a_field():
    assert {field_of(key) for key in KEYS} == {f"text_{family}_{rung}" for family in Family for rung in Rung}
