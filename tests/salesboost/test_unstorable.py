"""What Postgres cannot hold, in each parameter and part of each address: told in a sentence, or nothing found."""

import re
from functools import cache

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from tests.salesboost.addresses import Wanted, table
from tools.api.rest import api

FIGURES = ("9" * 30, "-" + "9" * 30, "1e400")
DATES = ("0001-01-01", "9999-12-31T23:59:59.999999-14:00", "999999w")
# A surrogate alone, in the bytes that would stand for it.
BROKEN = ("%ED%A0%80",)
# In the search language, for the one parameter that reads it.
QUERIES = (
    *("tokens:>" + "9" * 30, "duration:>" + "9" * 400, "cost:>1e300", "attr.x:>" + "9" * 400, "attempts:>1e30"),
    *("since:9999-12-31", "since:0001-01-01", "until:999999w", "on:9999-12-31", "since:0001-01-01T00:00+14:00"),
)


@pytest.fixture
def asker(person):
    client = Client(raise_request_exception=False)
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def names_read(asker, monkeypatch):
    """``names_read(path)``: the names of the parameters that its view reads, one by one."""
    names: set[str] = set()

    class Noted(dict):
        def get(self, name, default=None):
            names.add(name)
            return super().get(name, default)

        __getitem__ = __contains__ = lambda self, name: self.get(name)

    def reading(path):
        names.clear()
        with monkeypatch.context() as patch:
            patch.setattr(QueryDict, "get", lambda self, name, default=None: names.add(name) or "1")
            patch.setattr(QueryDict, "__contains__", lambda self, name: bool(names.add(name)))
            patch.setattr(QueryDict, "dict", lambda self: Noted())
            asker.get(path)
        return set(names)

    return reading


def read_only():
    return [row for row in table() if row.method == "GET" and "{app" not in row.address]


def lists():
    """The address of each list of the admin, and what may be asked of its columns."""
    for model in admin.site._registry:
        meta = model._meta
        columns = [f"{field.name}__exact" for field in meta.concrete_fields[:3]]
        yield reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"), columns


@cache
def documented():
    return api.get_openapi_schema()["paths"]


def parameters(address):
    """What the REST API says that it reads there."""
    operation = documented().get(address, {}).get("get", {})
    return {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}


def asked(asker, path, name, value):
    """In a transaction of its own, as what Postgres refuses ends the one that it was in."""
    place = transaction.savepoint()
    answer = asker.generic("GET", path, QUERY_STRING=f"{name}={value}")
    transaction.savepoint_rollback(place)
    return answer


def test_what_a_page_reads_is_found_out(names_read):
    assert {"period", "tool", "calls"} <= names_read("/") and {"id", "before"} <= names_read("/sessions/")
    assert {"q", "since", "limit"} <= parameters("/api/v1/spans")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("values", [FIGURES, DATES, BROKEN], ids=["figures", "dates", "broken"])
def test_no_parameter_is_a_fault(asker, names_read, values):
    faults = [
        (row.path, name, value)
        for row in read_only()
        for name in names_read(row.path) | parameters(row.address)
        for value in values
        if asked(asker, row.path, name, value).status_code >= 500
    ]
    assert not faults


def test_no_query_is_a_fault(asker, names_read):
    faults = [
        (row.path, value)
        for row in read_only()
        if "q" in names_read(row.path) | parameters(row.address)
        for value in QUERIES
        if asked(asker, row.path, "q", value).status_code >= 500
    ]
    assert not faults


@pytest.mark.timeout(180)
def test_no_list_of_the_admin_is_at_fault(asker):
    faults = [
        (path, name)
        for path, columns in lists()
        for name in ("q", "p", *columns)
        if asked(asker, path, name, FIGURES[0]).status_code >= 500
    ]
    assert not faults


@pytest.mark.timeout(180)
def test_nul_is_told_at_every_address_in_every_parameter(asker, names_read):
    wrong = []
    pages = [(row.path, names_read(row.path) | parameters(row.address) | {"anything"}) for row in read_only()]
    for path, names in [*pages, *((path, ("q", "p", columns[0])) for path, columns in lists())]:
        for name in names:
            answer = asked(asker, path, name, "a%00b")
            if answer.status_code != 400 or "U+0000" not in answer.text:
                wrong.append((path, name, answer.status_code))
    assert not wrong


@pytest.mark.parametrize(
    "value",
    ["%00", "a%00b", "%ED%A0%80", "9" * 30, "9" * 5_000],
    ids=["nul", "in a text", "broken", "long", "longer"],
)
def test_no_part_of_an_address_is_a_fault(asker, value):
    faults = []
    for row in table():
        for part in re.findall(r"{\w+}", row.address) if row.method != "WS" and "{app}" not in row.address else ():
            path = Wanted(row.method, row.address.replace(part, value), (), ()).path
            answer = asker.generic(row.method, path, b"{}", content_type="application/json")
            if answer.status_code >= 500 or ("%00" in value and answer.status_code != 400):
                faults.append((row.method, row.address, part, answer.status_code))
    assert not faults


def test_a_session_that_holds_nul_is_nobodys(client, db):
    """In a cookie it is written in octal."""
    client.cookies["sessionid"] = "\0" * 10
    assert client.get("/").status_code == 400


def test_a_form_that_holds_nul_is_told(asker):
    answer = asker.post("/traces/views/", {"name": "a\0b", "q": "tool:crm"})
    assert (answer.status_code, "cannot be answered" in answer.text) == (400, True)


def test_a_program_is_told_in_a_document(asker):
    answer = asker.get("/api/v1/spans?q=a%00b")
    assert (answer.status_code, answer.json()["code"]) == (400, "unstorable_value")
    assert answer.json()["detail"] == "The address holds the character U+0000, which nothing here has."


@pytest.mark.parametrize("path", ["/traces/?q=%2500", "/?tool=100%25", "/api/v1/spans?q=tool:%C3%A4"])
def test_what_only_looks_like_it_is_answered(asker, path):
    assert asker.get(path).status_code == 200
