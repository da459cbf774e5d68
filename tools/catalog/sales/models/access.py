"""Which caller role may see which field of a customer's profile. What is not granted is withheld."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

# Every field of a profile and what it is, in the order in which profiles show them.
PROFILE_FIELDS = {
    "name": "the company's name",
    "industry": "industry",
    "country": "ISO 3166 country",
    "city": "city",
    "website": "website",
    "employees": "number of employees",
    "segment": "small, mid_market or enterprise",
    "status": "prospect, active or churned",
    "owner": "our account executive",
    "health_score": "0 (about to leave) to 100 (delighted)",
    "customer_since": "date of the first won deal",
    "last_contact_on": "date of our last contact",
    "language": "language to write in (ISO 639)",
    "preferred_channel": "email, phone, sms or video",
    "email": "the company's e-mail address",
    "phone": "the company's phone number",
    "notes": "what the account team wrote down",
    "contacts": "the people we know there and their influence on a purchase",
    "deals": "open and closed deals in numbers, and the open ones one by one",
    "annual_revenue": "the customer's yearly revenue, in its currency",
    "payment_terms_days": "days until an invoice is due",
    "discount_limit_pct": "largest discount that needs no approval",
    "credit_limit": "largest sum that may be open, in its currency",
    "tax_id": "VAT or tax number",
}


def profile_field_choices() -> list[tuple[str, str]]:
    return [(name, f"{name}: {what}") for name, what in PROFILE_FIELDS.items()]


class ProfileAccess(models.Model):
    """The profile fields that one caller role may see."""

    role = models.CharField(max_length=60, unique=True, help_text="The caller role, for example coach")
    may_see = ArrayField(models.CharField(max_length=40, choices=profile_field_choices), default=list, blank=True)
    reason = models.CharField(
        max_length=200,
        default="not released to this role",
        help_text="Why the other fields are withheld. Callers read this.",
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ["role"]
        verbose_name = "profile access"
        verbose_name_plural = "profile access"

    def __str__(self) -> str:
        return self.role
