"""A quarter of an hour of the demonstration's own kind of trouble, from stored calls to what receivers got.

Five providers, caches that warm up, one provider that goes bad and gets well; a gateway that fails, and its
breaker; a sender whose spans come late. Then the rule is rehearsed over what was stored: it told the same.
"""

import json
import random
import uuid
from datetime import timedelta

import pytest

from telemetry.alerts.deliver import send_due
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.models import Delivery, Incident
from telemetry.alerts.rehearsal import rehearse
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.telemetry.alerts.builders import at, make_route, make_rule
from tests.telemetry.builders import make_row

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]
PROVIDERS = ("openai", "anthropic", "groq", "mistral", "gemini")
MINUTES = 15


def outcomes(second, rng):
    """(tool, provider, outcome, error type) of each call of one second."""
    for _ in range(4):
        provider = rng.choice(PROVIDERS)
        bad = provider == "groq" and 300 <= second < 480 and rng.random() < 0.9
        warm = rng.random() < min(0.9, second / 200)
        good = Outcome.FROM_CACHE if warm else Outcome.FIRST_TRY
        yield "crm", provider, Outcome.ARGUMENTS if bad or rng.random() < 0.02 else good, "invalid_arguments"
    down = 400 <= second < 520
    if second % 2:
        layer = Outcome.BREAKER if down and second >= 420 else Outcome.PROVIDER if down else Outcome.FIRST_TRY
        error = "breaker_open" if layer == Outcome.BREAKER else "gateway_not_configured"
        yield "sms", rng.choice(PROVIDERS), layer, error
    yield "price", rng.choice(PROVIDERS), Outcome.TIMEOUT if rng.random() < 0.03 else Outcome.FIRST_TRY, "timeout"


def call(second, tool, provider, outcome, error, rng):
    duration_ms = rng.uniform(20, 900)
    failed = {"error_type": error, "error_message": f"It says {error}."} if outcome not in SUCCESSES else {}
    return make_row(
        start_time=at(second) - timedelta(milliseconds=duration_ms),
        duration_ms=duration_ms,
        trace_id=uuid.UUID(int=rng.getrandbits(128)),
        outcome=str(outcome),
        tool=tool,
        provider=provider,
        model="large",
        **failed,
    )


SUCCESSES = (Outcome.FIRST_TRY, Outcome.FROM_CACHE)


def late_calls(second, rng):
    """A batch job whose spans come seven minutes after its calls: some that went well, then some that did not."""
    if second % 30:
        return []
    failed = 120 <= second - 420 < 240
    outcome = Outcome.TIMEOUT if failed else Outcome.FIRST_TRY
    return [call(second - 420, "batch", "", outcome, "timeout", rng) for _ in range(20)]


def play(rng):
    """One look each five seconds at what two writers store every second, and whatever is due is sent."""
    for second in range(MINUTES * 60):
        rows = [call(second, *said, rng) for said in outcomes(second, rng)]
        write_spans(rows + late_calls(second, rng), now=at(second + 0.3))
        if second % 5 == 2:
            evaluate(at(second))
            send_due(at(second), rng)


def messages(receiver):
    found = [json.loads(posted.body) for posted in receiver.got]
    return {(body["type"], body["data"]["tool"], body["data"]["began_at"]): body["data"] for body in found}


def words(mails):
    """The text of each mail on one line, in the order in which they came."""
    return [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in mails]


def test_a_drill_tells_what_its_rehearsal_tells(receiver, inbox):
    rule = make_rule(keep_firing_for_s=30)
    make_route("webhook", {"url": receiver.url})
    make_route("email", {"to": ["ops@example.com"]}, name="mail")
    play(random.Random(11))
    rehearsed = rehearse(rule, at(2), at(MINUTES * 60))
    live = list(Incident.objects.order_by("opened_at", "tool"))
    assert [(i.tool, i.began_at, i.opened_at, i.resolved_at, i.worst_value) for i in live] == [
        (i.tool, i.began_at, i.opened_at, i.resolved_at, i.worst_value) for i in rehearsed
    ]
    assert [incident.tool for incident in live] == ["crm", "sms", "batch"]
    told = messages(receiver)
    mailed = words(inbox.mails)
    assert len(told) == len(receiver.got) == len(mailed) == Delivery.objects.filter(status="sent").count() / 2
    for incident, again in zip(live, rehearsed, strict=True):
        began = again.began_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        firing = told.pop(("incident.firing", incident.tool, began))
        assert (firing["summary"], firing["detail"], firing["cause"]) == (again.summary, again.detail, again.cause)
        mail = next(text for text in mailed if text.startswith(f"{again.summary}."))
        assert again.detail in mail and f"Likeliest cause: {again.cause}" in mail
        mailed.remove(mail)
        if again.resolved_at:
            assert told.pop(("incident.resolved", incident.tool, began))["summary"] == again.ending
            mailed.remove(next(text for text in mailed if text.startswith(f"{again.ending}.")))
    assert not told and not mailed
    crm, sms, batch = rehearsed
    assert abs((crm.began_at - at(300)).total_seconds()) <= 10
    assert "come from calls made for groq large" in crm.cause and crm.resolved_at
    assert "opened by provider errors (gateway_not_configured)" in sms.cause
    assert batch.summary.endswith("(told late)")
