"""Every rate that a page shows says of how many it is and of what time, beside it or in a heading over it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.addresses.links import session_url, trace_url
from telemetry.alerts.models import Incident
from telemetry.cost import book
from telemetry.errors.models import ErrorGroup
from telemetry.models import IngestMinute
from telemetry.process import heartbeats
from telemetry.store.batches import write_spans
from tests.dashboard.builders import call_row, open_incident, store_calls
from tests.dashboard.error_calls import bad_arguments, failure
from tests.dashboard.figures import rates, without_base, without_window
from tests.dashboard.pages.jobs.test_page import make_job
from tests.dashboard.pages.providers.deployments import known, store_requests
from tests.dashboard.pages.traces.stored import agent_trace
from tests.telemetry.cost.builders import enter, model_call
from tools.llm.providers import live
from tools.llm.providers.snapshot import Snapshot

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world(signed_in):
    """A system in which every page has something to reckon; who looks at it."""
    now = timezone.now()
    book.forget()
    enter("2.5")
    heartbeats.beat(heartbeats.JUDGING)
    minute = now.replace(second=0, microsecond=0)
    for ago in (2 * DAY, timedelta(minutes=1)):
        IngestMinute.objects.create(minute=minute - ago, stored=600)
    store_calls(good=90, bad=30, tool="crm_integration", provider="groq", model="llama", at=now - DAY)
    store_calls(good=989, bad=11, tool="crm_integration")
    store_calls(good=26, bad=4, tool="price_calculator", model="o3")
    told = [model_call(start_time=now, span_id=number, session_id="s1", api_key="shop") for number in (1, 2)]
    own = model_call(start_time=now, span_id=3, operation="execute_tool", tool="summarise", outcome="first_try")
    write_spans([*told, own, call_row("from_cache"), call_row("after_retry")])
    write_spans([failure(model="gpt-4o") for _ in range(4)] + [failure(model="llama")])
    write_spans([bad_arguments("customer_id: missing", tool="price_calculator", model="o3") for _ in range(9)])
    open_incident()
    open_incident(tool="sms_outreach", resolved_at=now)
    make_job(items=100, succeeded=60, failed=10)
    agent_trace().store()
    store_requests(good=29, bad=11)
    store_calls(good=26, bad=4, provider="openai", model="gpt-6-sol", prompt_version="coach@3")
    with live.pinned(Snapshot({"sol": known("sol", usd="5")})):
        yield signed_in
    book.forget()


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


PAGES = {
    "the overview": (lambda: "/", 12),
    "the overview of a month": (lambda: "/?period=30d", 12),
    "the overview of a tool": (lambda: "/?tool=crm_integration", 8),
    "the overview of a provider": (lambda: "/?provider=groq&period=7d", 5),
    "costs": (lambda: "/costs/", 5),
    "costs of a month": (lambda: "/costs/?period=30d", 5),
    "providers": (lambda: "/providers/", 3),
    "providers of a month": (lambda: "/providers/?period=30d", 3),
    "incidents": (lambda: "/incidents/", 2),
    "an open incident": (lambda: address(tool="crm_integration"), 2),
    "an ended incident": (lambda: address(tool="sms_outreach"), 2),
    "errors": (lambda: "/errors/", 0),
    "a group of errors": (lambda: reverse("error", args=[group().hex]), 3),
    "errors of arguments": (lambda: "/errors/arguments/", 2),
    "the store": (lambda: "/system/store/", 1),
    "the system": (lambda: "/system/", 0),
    "jobs": (lambda: "/jobs/", 1),
    "a session": (lambda: session_url("s42"), 0),
    "the explorer": (lambda: "/traces/?whole=1", 0),
    "exports": (lambda: "/exports/", 0),
}


def address(**which):
    return reverse("incident", args=[Incident.objects.get(**which).pk])


def group():
    return ErrorGroup.objects.filter(layer="timeout").order_by("-count")[0]


@pytest.mark.parametrize("name", PAGES)
def test_every_rate_of_a_page_names_its_window_and_its_base(world, name):
    path, least = PAGES[name]
    html = shown(world, path())
    assert len(rates(html)) >= least, "the page shows less than there is"
    assert without_window(html) == []
    assert without_base(html) == []


def test_a_trace_shows_no_rate(world):
    trace = agent_trace()
    trace.store()
    assert rates(shown(world, trace_url(trace.trace_id))) == []


OVER = '<section class="card"><header><h2>Tools</h2><span>last 15&#8239;minutes</span></header>{}</section>'
ROW = "<table><tbody><tr><th>crm</th><td>98.9&#8239;%</td><td>{}</td></tr></tbody></table>"


@pytest.mark.parametrize(
    ("html", "no_window", "no_base"),
    [
        (ROW.format("1,000"), True, False),
        (OVER.format(ROW.format("1,000")), False, False),
        (OVER.format(ROW.format("gpt-4o in 5 min")), False, True),
        ("<p>at risk: 98.9 %</p>", True, True),
        ("<p>at risk: 86.7 % of 30 calls in the last 5 minutes</p>", False, False),
        ("<div>1.5 /s</div>", True, False),
        ("<div>1.5 /s over 3 min (since the first record)</div>", False, False),
        ('<section class="tile"><h2>A month at this rate</h2><b>$75</b></section>', True, False),
        ("<p>line at 90 % · tick: 90 % · 95 % interval · within 19 %</p>", False, False),
        ("<script>{'y': '98.9 %'}</script><p>about 12 calls</p>", False, False),
    ],
)
def test_what_is_missing_is_found(html, no_window, no_base):
    assert (bool(without_window(html)), bool(without_base(html))) == (no_window, no_base)
