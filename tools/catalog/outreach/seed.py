"""Campaigns, opt-outs and a past of messages for the demonstration. All numbers are reserved for fiction."""

import uuid
from datetime import datetime, timedelta
from random import Random
from typing import TextIO

from django.db import transaction
from django.utils import timezone

from tools.catalog.outreach.models import Campaign, OptOut, SmsMessage
from tools.catalog.outreach.segments import segment

CAMPAIGNS = {
    "renewals-2026": (
        "Contracts that end this quarter",
        "Hello, this is SalesBoost. Your contract renews soon: may we call you this week to go through it?",
    ),
    "webinar-follow-up": (
        "People who came to the October webinar",
        "Thank you for coming to our webinar. The recording and the slides are in your mailbox. SalesBoost",
    ),
    "demo-reminders": (
        "A reminder on the day before a demonstration",
        "SalesBoost: a reminder of our demonstration tomorrow. Reply if another time suits you better.",
    ),
    "spring-offer": (
        "Closed: the spring price for new teams",
        "SalesBoost: until 31 March new teams get three months of coaching at the price of two – shall we talk?",
    ),
}
DELIVERIES = ["delivered"] * 88 + ["undelivered"] * 7 + ["failed"] * 2 + [""] * 3
RECIPIENTS = 60


def seed(stdout: TextIO | None = None) -> None:
    """Make what is there only on the first start: does nothing once there is a campaign."""
    if Campaign.objects.exists():
        return
    random = Random(20261)
    numbers = [f"+4420794600{index:02}" for index in range(RECIPIENTS)]
    now = timezone.now().replace(microsecond=0)
    with transaction.atomic():
        messages = []
        for name, (description, text) in CAMPAIGNS.items():
            campaign = Campaign(name=name, description=description, open=not description.startswith("Closed"))
            campaign.save()
            start = now - timedelta(days=2 if campaign.open else 60)
            messages += [_message(campaign, number, text, start, random) for number in random.sample(numbers, 40)]
        SmsMessage.objects.bulk_create(messages)
        for number in random.sample(numbers, 4):
            OptOut(phone_number=number, reason="Answered STOP.").save()
    if stdout:
        stdout.write(f"outreach: {len(CAMPAIGNS)} campaigns with {len(messages)} messages, 4 opt-outs\n")


def _message(campaign: Campaign, number: str, text: str, start: datetime, random: Random) -> SmsMessage:
    counted = segment(text)
    delivery = random.choice(DELIVERIES)
    # No earlier than yesterday, so that nobody's quota of today is touched.
    at = start - timedelta(minutes=random.randrange(14 * 24 * 60))
    taken = bool(delivery)
    return SmsMessage(
        id=uuid.UUID(int=random.getrandbits(128), version=4),
        idempotency_key=f"{random.getrandbits(256):064x}",
        tool_call_id=f"call_{random.getrandbits(128):032x}",
        phone_number=number,
        body=text,
        campaign=campaign,
        encoding=counted.encoding,
        segments=counted.segments,
        state=SmsMessage.State.ACCEPTED if taken else SmsMessage.State.REFUSED,
        quota_day=at.date(),
        gateway_sid=f"SM{random.getrandbits(128):032x}" if taken else "",
        gateway_status=delivery,
        gateway_answer={"status": delivery}
        if taken
        else {"code": 21614, "message": "not a mobile number", "status": 400},
        caller_role="coach",
        created_at=at,
    )
