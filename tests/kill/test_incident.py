"""From a bad call to a message in the inbox and a line on the page, in a SalesBoost as a user starts it."""

import json
import threading

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page
from standardwebhooks import Webhook

from tests.live import a_browser
from tests.ports import free_port
from tests.receivers import Inbox, Receiver
from tests.running import Running, a_data_dir, eventually, up

pytestmark = [
    pytest.mark.kill,
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("incident"),
]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOD = {"action": "read", "customer_id": "CUST001"}
BAD = {"action": "read", "custmer_id": "CUST001"}


class Caller:
    """Calls five times a second, with good or bad arguments."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.payload = GOOD
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.ended.wait(0.2):
            context = {"provider": "groq", "model": "llama-3.3-70b-versatile"}
            self.running.call("crm_integration", self.payload, context=context)

    def __enter__(self) -> "Caller":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()


def sign_in(page: Page, running: Running) -> None:
    page.goto(running.url)
    page.fill("input[name=username]", running.credentials["admin_user"])
    page.fill("input[name=password]", running.credentials["admin_password"])
    page.click("form button[type=submit]")
    page.wait_for_url(running.url)


def quicken(running: Running) -> None:
    """The default rule on a window of one minute: five would make a test of twelve."""
    running.rows("UPDATE alerts_rule SET window_s = 60, for_s = 0, keep_firing_for_s = 0 RETURNING 1")
    running.rows("UPDATE tools_tool SET rate = 'unlimited' WHERE name = 'crm_integration' RETURNING 1")


def test_a_tool_that_degrades_opens_an_incident_tells_once_and_closes_it_when_it_recovers():
    inbox, receiver = Inbox(), Receiver()
    mail_server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    mail_server.start()
    receiver.start()
    told = {
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "ALERT_EMAIL_TO": "oncall@example.com",
        "ALERT_WEBHOOK_URL": receiver.url,
        "ALERT_WEBHOOK_SECRET": SECRET,
        "OUTBOUND_ALLOW": "127.0.0.1",
    }
    try:
        with a_data_dir() as data_dir, up(data_dir, **told) as running, a_browser() as browser:
            quicken(running)
            page = browser.new_page()
            sign_in(page, running)
            with Caller(running) as caller:
                watch(page, caller)
            eventually(lambda: len(inbox.mails) == 2 and len(receiver.got) == 2, 30, "both messages of each kind")
    finally:
        receiver.stop()
        mail_server.stop()
    bodies = [Webhook(SECRET).verify(posted.body, posted.headers) for posted in receiver.got]
    assert [body["type"] for body in bodies] == ["incident.firing", "incident.resolved"], json.dumps(bodies)
    assert all("crm_integration" in str(mail["Subject"]) for mail in inbox.mails)


def watch(page: Page, caller: Caller) -> None:
    """On one page that is never reloaded: the chart moves, the incident opens and closes."""
    page.evaluate("window.neverReloaded = true")
    eventually(lambda: "crm_integration" in page.inner_text("#tools"), 30, "the first calls on the page")
    before = points(page)
    eventually(lambda: points(page) != before, 30, "a chart that moves")
    caller.payload = BAD
    eventually(lambda: "crm_integration is at" in page.inner_text("#incidents"), 120, "an open incident")
    caller.payload = GOOD
    eventually(lambda: "crm_integration is" not in page.inner_text("#incidents"), 150, "the end of the incident")
    assert page.evaluate("window.neverReloaded")


def points(page: Page) -> str:
    return str(page.evaluate("JSON.stringify(document.querySelector('#plot-success').data || [])"))
