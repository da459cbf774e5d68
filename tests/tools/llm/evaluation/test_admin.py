"""The history of evaluations in the admin: read by those who may, written by nobody."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tools.llm.evaluation.models import CaseResult, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    made = Run.objects.create(
        in_lab=True,
        rung="detailed",
        suites=["crm"],
        versions=["production"],
        asked=40,
        passed=39,
        usd=0.0123,
        verdict="worse",
        said="Worse: against run 1, of 40 cases 1 got worse.",
        regressed=True,
        note="nightly",
    )
    for number in range(40):
        failed = number == 30
        CaseResult.objects.create(
            run=made,
            suite="crm",
            case=f"case {number}",
            digest="d",
            deployment="lab-groq",
            provider="groq",
            model="gpt-oss",
            asked="production",
            prompt_version="coach@2",
            passed=not failed,
            first_try=not failed,
            wrong={"missing": 1} if failed else {},
            why=["crm <b>was</b> not called."] if failed else [],
            calls=[] if failed else ["crm(id='C1')"],
            latency_ms=12.3,
            tokens=100,
            rounds=2,
        )
    return made  # fmt: skip


def text(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def operator(client, person):
    client.force_login(person("olga", "operator", is_staff=True))
    return client


def test_the_list_says_what_each_run_came_to(operator: Client, run):
    said = text(operator.get(reverse("admin:evaluation_run_changelist")))
    assert "39 of 40" in said and "$0.0123" in said and "the lab" in said and "worse" in said and "nightly" in said
    assert "$0.0123 as the real vendors would take" in said and "a regression" in said
    Run.objects.update(regressed=False, in_lab=False)
    page = operator.get(reverse("admin:evaluation_run_changelist"))
    row = page.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    assert "real vendors" not in row and "a regression" not in row and "close" not in row  # no red cross


def test_a_run_shows_what_failed_first_and_escapes_what_models_wrote(operator: Client, run):
    page = operator.get(reverse("admin:evaluation_run_change", args=[run.pk]))
    said = text(page)
    assert "Worse: against run 1" in said and "crm/case 30, lab-groq, coach@2" in said
    assert said.index("case 30,") < said.index("case 0,")
    assert "crm &lt;b&gt;was&lt;/b&gt; not called." in said and "<b>was</b>" not in page.content.decode()


def test_its_queries_do_not_grow_with_its_cases(operator: Client, run):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            operator.get(reverse("admin:evaluation_run_change", args=[run.pk]))
        return len(captured)

    queries()  # what the first page of all reads
    many = queries()
    CaseResult.objects.filter(passed=True).delete()
    assert queries() == many <= 20


def test_nobody_writes_it_by_hand(client, person, run):
    client.force_login(person("boss", "admin", is_staff=True))
    assert client.get(reverse("admin:evaluation_run_add")).status_code == 403
    assert client.post(reverse("admin:evaluation_run_delete", args=[run.pk]), {"post": "yes"}).status_code == 403
    client.post(reverse("admin:evaluation_run_change", args=[run.pk]), {"note": "mine"})
    run.refresh_from_db()
    assert run.note == "nightly"


def test_who_may_not_look_sees_nothing(client, person, run):
    client.force_login(person("vera", "viewer", is_staff=True))
    assert client.get(reverse("admin:evaluation_run_changelist")).status_code == 403
