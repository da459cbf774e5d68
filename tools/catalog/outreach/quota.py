"""Five messages a number a day, counted in Postgres so that ten processes count as one. Days are UTC."""

from datetime import date

from django.db import connection
from django.db.models import F

from tools.catalog.outreach.models import DailyQuota

PER_DAY = 5

# One statement: two senders at once cannot both see a fourth message and send a fifth and a sixth.
_TAKE = """
INSERT INTO outreach_dailyquota AS quota (phone_number, day, sent) VALUES (%s, %s, 1)
ON CONFLICT (phone_number, day) DO UPDATE SET sent = quota.sent + 1 WHERE quota.sent < %s
RETURNING sent
"""


def take(phone_number: str, day: date) -> int | None:
    """Count one message; how many are left that day, or None if there was none to take."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [phone_number, day, PER_DAY])
        row = cursor.fetchone()
    return PER_DAY - row[0] if row else None


def give_back(phone_number: str, day: date) -> None:
    """Uncount a message that was not sent."""
    DailyQuota.objects.filter(phone_number=phone_number, day=day, sent__gt=0).update(sent=F("sent") - 1)


def left(phone_number: str, day: date) -> int:
    """How many messages the number may still be sent that day."""
    sent = DailyQuota.objects.filter(phone_number=phone_number, day=day).values_list("sent", flat=True).first()
    return PER_DAY - (sent or 0)
