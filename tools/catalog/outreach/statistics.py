"""What became of the messages of a campaign, counted in one query."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from tools.catalog.outreach.models import Campaign, OptOut, SmsMessage

MOST_CAMPAIGNS = 50
State = SmsMessage.State
FAILED = ("failed", "undelivered")


@dataclass(frozen=True, slots=True)
class CampaignStatistics:
    """Counts of messages, by where they got to. ``delivery_rate`` is of those whose delivery is decided."""

    campaign: str
    description: str
    open: bool
    messages: int
    accepted: int
    delivered: int
    undelivered: int
    refused: int
    unknown: int
    segments: int
    recipients: int
    opted_out: int
    delivery_rate: float | None
    first_message_at: datetime | None
    last_message_at: datetime | None


def campaign_statistics(name: str = "") -> list[CampaignStatistics]:
    """The statistics of one campaign, or of the 50 newest; none if there is no such campaign."""
    campaigns = Campaign.objects.filter(name=name) if name else Campaign.objects.order_by("-created_at", "name")
    return [_statistics(campaign) for campaign in _counted(campaigns)[:MOST_CAMPAIGNS]]


def _counted(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    accepted = Q(messages__state=State.ACCEPTED)
    opted_out = SmsMessage.objects.filter(
        Exists(OptOut.objects.filter(phone_number=OuterRef("phone_number"))), pk=OuterRef("messages__pk")
    )
    return campaigns.annotate(
        message_count=Count("messages"),
        accepted=Count("messages", filter=accepted),
        delivered=Count("messages", filter=Q(messages__gateway_status="delivered")),
        undelivered=Count("messages", filter=Q(messages__gateway_status__in=FAILED)),
        refused=Count("messages", filter=Q(messages__state=State.REFUSED)),
        unknown=Count("messages", filter=Q(messages__state__in=[State.UNKNOWN, State.CLAIMED])),
        segments=Sum("messages__segments", filter=accepted, default=0),
        recipients=Count("messages__phone_number", distinct=True, filter=accepted),
        opted_out=Count("messages__phone_number", distinct=True, filter=Exists(opted_out)),
        first_at=Min("messages__created_at"),
        last_at=Max("messages__created_at"),
    )


def _statistics(row: Campaign) -> CampaignStatistics:
    counted = vars(row)
    decided = counted["delivered"] + counted["undelivered"]
    return CampaignStatistics(
        campaign=row.name,
        description=row.description,
        open=row.open,
        messages=counted["message_count"],
        delivery_rate=round(counted["delivered"] / decided, 4) if decided else None,
        first_message_at=counted["first_at"],
        last_message_at=counted["last_at"],
        **{name: counted[name] for name in _PLAIN},
    )


_PLAIN = ("accepted", "delivered", "undelivered", "refused", "unknown", "segments", "recipients", "opted_out")
