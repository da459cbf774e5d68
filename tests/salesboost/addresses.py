"""Every address that there is, and what the table in docs/operations.md says that it wants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, get_resolver

from tools.api.rest import api

DOCS = Path(__file__).parent.parent.parent / "docs" / "operations.md"
# What stands for the parts of addresses. Nothing has these ids: who may ask gets a 404, who may not is told so.
SAMPLES = {
    "trace": "0" * 31 + "1",
    "trace_id": "0" * 31 + "1",
    "span": "0" * 15 + "1",
    "span_id": "0" * 15 + "1",
    "fingerprint": "0" * 15 + "1",
    "pk": "987654321",
    "export": "00000000-0000-0000-0000-000000000001",
    "job_id": "00000000-0000-0000-0000-000000000001",
    "item_id": "987654321",
    "action": "pause",
    "number": "987654321",
    "name": "crm_integration",
    "tool": "crm_integration",
    "tool_name": "crm_integration",
    "tag": "customer:CUST001",
    "content_type_id": "987654321",
    "object_id": "987654321",
    "call_id": "call_of_nobody",
    "session_id": "nobody",
    "url": "nowhere",
    "id": "987654321",
    "app_label": "tools",
}


@dataclass(frozen=True)
class Wanted:
    """A line of the table for one address. ``person`` and ``key``: names of which one is enough."""

    method: str
    address: str
    person: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def path(self) -> str:
        samples = SAMPLES | ({"pk": SAMPLES["export"]} if self.address.startswith("/exports/") else {})
        return re.sub(r"{(\w+)}", lambda part: samples[part[1]], self.address)


def table() -> list[Wanted]:
    """The table, a line for each of its addresses."""
    rows = re.findall(
        r"^\| (GET|POST|PUT|PATCH|DELETE|WS) \| (.*) \| (.*) \| (.*) \|$", DOCS.read_text(), re.MULTILINE
    )
    return [
        Wanted(method, address, words(person), words(key))
        for method, addresses, person, key in rows
        for address in re.findall(r"`([^`]+)`", addresses)
    ]


def words(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell)) or (cell,)


def patterns() -> Iterator[tuple[str, str]]:
    """Each address of Django's, as the table writes it, and its name."""

    def walk(found, prefix):
        for each in found:
            here = prefix + str(each.pattern)
            if isinstance(each, URLPattern):
                yield written(here), each.name or ""
            else:
                yield from walk(each.url_patterns, here)

    yield from walk(get_resolver().url_patterns, "/")


def written(pattern: str) -> str:
    """*pattern* without converters, anchors and regular expressions."""
    named = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", pattern)
    named = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", named)
    return named.replace("^", "").replace("$", "")


def operations() -> Iterator[tuple[str, str]]:
    """Method and address of each operation of the OpenAPI document."""
    for address, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            yield method.upper(), address
