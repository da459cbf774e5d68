"""The page of exports: start one, see it move, fetch or cancel it; nobody gets another's file."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from dashboard.pages.exports.tables import row_of
from telemetry.exports import files
from telemetry.exports.models import Export, State
from tests.live import wait_for

HOUR = timedelta(hours=1)


@pytest.fixture
def ana(db, django_user_model):
    return django_user_model.objects.get_or_create(username="ana", defaults={"is_superuser": True})[0]


@pytest.fixture
def make_export(ana):
    def make(content=b"", **fields):
        now = timezone.now()
        values = {"created_by": ana, "format": "csv", "start": now - HOUR, "end": now, "created_at": now, **fields}
        if values.get("state") == State.DONE:
            values = {"expires_at": now + timedelta(hours=24), "bytes": len(content), **values}
        export = Export.objects.create(**values)
        if content:
            files.final(export).write_bytes(content)
        return export

    return make


@pytest.fixture
def no_messages(monkeypatch):
    monkeypatch.setattr("telemetry.exports.control.current_app.send_task", lambda name, **message: None)


def test_an_export_in_words():
    now = timezone.now()
    running = Export(
        format="csv", state="running", start=now - HOUR, end=now, reached=now - HOUR / 3, rows_done=1000
    )
    assert (row_of(running, now).rows, round(row_of(running, now).width)) == ("1,000 of about 3,000 rows", 33)
    done = Export(format="csv", state="done", rows_done=1, expires_at=now + HOUR * 2)
    assert (row_of(done, now).rows, row_of(done, now).when) == ("1 row", "kept for 2\u202fh more")
    done.note = "Cut at 5,000,000 rows"
    assert row_of(done, now).pill.word == "done, cut"


def test_the_form_starts_an_export_of_the_period(signed_in, no_messages):
    answer = signed_in.post(
        "/exports/start/", {"q": "tool:crm", "period": "24h", "format": "parquet", "payloads": "on"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/exports/")
    export = Export.objects.get()
    assert (export.query, export.format, export.with_payloads) == ("tool:crm", "parquet", True)
    assert export.end - export.start == timedelta(hours=24)
    assert export.created_by.username == "ana"


def test_what_cannot_be_exported_is_told_and_the_form_keeps_what_was_written(signed_in, no_messages):
    answer = signed_in.post("/exports/start/", {"q": "tool:crm", "format": "xls"})
    assert answer.status_code == 400 and not Export.objects.exists()
    page = answer.content.decode()
    assert "There is no format &#x27;xls&#x27;" in page and 'value="tool:crm"' in page


def test_a_wrong_query_is_pointed_at(signed_in, no_messages):
    answer = signed_in.post("/exports/start/", {"q": "provider:groq tol:crm", "format": "csv"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 400 and not Export.objects.exists()
    assert f"provider:groq tol:crm\n{' ' * 14}^^^" in page and "did you mean" in page.lower()


def test_a_time_in_the_query_counts_before_the_period(signed_in, no_messages):
    signed_in.post("/exports/start/", {"q": "since:3h", "period": "15m", "format": "csv"})
    export = Export.objects.get()
    assert export.end - export.start == timedelta(hours=3)


def test_the_explorer_leads_to_an_export_of_what_it_shows(signed_in):
    page = unescape(signed_in.get("/traces/?q=tool:crm&period=24h").content.decode())
    assert "/exports/?q=tool%3Acrm&period=24h" in page


def test_the_address_fills_the_form_in(signed_in):
    page = signed_in.get("/exports/?q=status:error&period=7d&format=parquet").content.decode()
    assert 'value="status:error"' in page
    assert re.search(r'value="7d" selected', page) and re.search(r'value="parquet" selected', page)


@pytest.mark.parametrize("many", [0, 1, 30])
def test_the_list_is_one_query_however_long_it_is(signed_in, make_export, many, django_assert_num_queries):
    for _ in range(many):
        make_export(state=State.DONE)
    with django_assert_num_queries(3):  # the session, the user and the list
        signed_in.get("/exports/list/")


def test_the_list_asks_again_while_an_export_is_open_and_then_stops(signed_in, make_export):
    export = make_export(state=State.RUNNING, rows_done=7)
    assert 'hx-trigger="every 2s"' in signed_in.get("/exports/list/").content.decode()
    Export.objects.filter(pk=export.pk).update(state=State.DONE)
    assert "hx-trigger" not in signed_in.get("/exports/list/").content.decode()


def test_cancel_and_delete_are_one_button(signed_in, make_export):
    waiting, done = make_export(), make_export(b"x", state=State.DONE)
    for export in (waiting, done):
        signed_in.post(f"/exports/{export.pk}/stop/")
    waiting.refresh_from_db(), done.refresh_from_db()
    assert (waiting.state, done.state) == (State.CANCELLED, State.EXPIRED)
    assert not files.final(done).exists()


def test_an_export_is_its_owners_and_of_those_who_may_see_all(client, make_export, person):
    export = make_export(b"x", state=State.DONE)
    addresses = [f"/exports/{export.pk}/download/", f"/exports/{export.pk}/stop/"]
    assert [client.get(addresses[0]).status_code, client.post(addresses[1]).status_code] == [302, 302]
    client.force_login(person("bert", "operator"))
    assert [client.get(addresses[0]).status_code, client.post(addresses[1]).status_code] == [404, 404]
    assert str(export.pk) not in client.get("/exports/").content.decode()
    client.force_login(person("chief", "exports.add_export", "exports.view_export"))
    assert str(export.pk) in client.get("/exports/").content.decode()


@pytest.mark.parametrize("state", [State.RUNNING, State.EXPIRED, State.DONE])
def test_there_is_no_download_without_a_file(signed_in, make_export, state):
    assert signed_in.get(f"/exports/{make_export(state=state).pk}/download/").status_code == 404


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("browser")
def test_a_file_is_streamed_by_a_real_server(live_server_daphne, make_export, ana):
    content = bytes(range(256)) * 20_000
    export = make_export(content, state=State.DONE)
    client = Client()
    client.force_login(ana)
    answer = httpx.get(
        f"{live_server_daphne.url}/exports/{export.pk}/download/",
        cookies={"sessionid": client.session.session_key},
        timeout=30,
    )
    assert answer.content == content
    assert re.fullmatch(
        rf'attachment; filename="salesboost-spans-\d{{8}}T\d{{6}}Z-{export.pk.hex[:8]}\.csv\.gz"',
        answer.headers["Content-Disposition"],
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("browser")
def test_progress_moves_by_itself_until_the_file_is_there(page, make_export, django_user_model):
    export = make_export(
        state=State.RUNNING, rows_done=10, created_by=django_user_model.objects.get(username="ana")
    )
    page.goto("/exports/")
    page.evaluate("window.notReloaded = true")
    Export.objects.filter(pk=export.pk).update(rows_done=1234)
    wait_for(lambda: "1,234 rows" in page.inner_text("#listed"), 20, "the new count")
    Export.objects.filter(pk=export.pk).update(state=State.DONE, expires_at=timezone.now() + HOUR)
    wait_for(lambda: page.get_by_role("link", name="Download").count() == 1, 20, "the file")
    assert page.evaluate("window.notReloaded") is True


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_nothing_sticks_out_sideways(page, make_export, django_user_model, width):
    owner = django_user_model.objects.get(username="ana")
    make_export(state=State.RUNNING, created_by=owner, query='tool:crm_integration error:"the gateway" ' * 4)
    make_export(state=State.DONE, created_by=owner, note="Cut at 5,000,000 rows: the older ones are missing.")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/exports/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
