"""Customers, contacts and deals. Each row has a version, so that nobody overwrites what they have not seen."""

from typing import Any, ClassVar, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from simple_history.models import HistoricalRecords

from tools.catalog.sales.models.searching import search_column

Row = TypeVar("Row", bound="Versioned")
_COUNTRY = RegexValidator(r"^[A-Z]{2}$", "Use the two capital letters of ISO 3166, for example DE.")
_CURRENCY = RegexValidator(r"^[A-Z]{3}$", "Use the three capital letters of ISO 4217, for example EUR.")
_PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class VersionedQuerySet(models.QuerySet[Row]):
    def change(self, pk: int, *, version: int, **values: Any) -> bool:
        """Write *values* to the row if it still has that *version*; False if it has gone or moved on."""
        values = {"updated_at": timezone.now(), **values, "version": F("version") + 1}
        return self.filter(pk=pk, version=version).update(**values) == 1


class Versioned(models.Model):
    """A row that people and models edit at the same time; ``code`` is the id that they see."""

    prefix: ClassVar[str]

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Any] = VersionedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def code(self) -> str:
        """The id as callers write it: ``CUST001``."""
        return self.code_of(self.pk)

    @classmethod
    def code_of(cls, number: int) -> str:
        return f"{cls.prefix}{number:03d}"

    @classmethod
    def number_of(cls, code: str) -> int:
        """The primary key in *code*. Raises ValueError where it is not an id of this kind of row."""
        digits = code.removeprefix(cls.prefix)
        if digits == code or not digits.isdecimal():
            raise ValueError(f"{code!r} is not an id such as {cls.code_of(1)}")
        return int(digits)


class Customer(Versioned):
    """A company that buys, has bought or may buy."""

    prefix = "CUST"

    class Status(models.TextChoices):
        PROSPECT = "prospect"
        ACTIVE = "active"
        CHURNED = "churned"

    class Segment(models.TextChoices):
        SMALL = "small", "Small (under 100 people)"
        MID_MARKET = "mid_market", "Mid-market (100 to 999)"
        ENTERPRISE = "enterprise", "Enterprise (1,000 and more)"

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        PHONE = "phone"
        SMS = "sms", "SMS"
        VIDEO = "video"

    name = models.CharField(max_length=120)
    industry = models.CharField(max_length=60)
    country = models.CharField(max_length=2, validators=[_COUNTRY], help_text="ISO 3166, for example DE")
    city = models.CharField(max_length=80, blank=True)
    website = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True, help_text="E.164, for example +493012345678")
    employees = models.PositiveIntegerField(default=0)
    segment = models.CharField(max_length=12, choices=Segment, default=Segment.SMALL)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROSPECT)
    owner = models.CharField(max_length=80, blank=True, help_text="Our account executive")
    health_score = models.PositiveSmallIntegerField(default=50, validators=_PERCENT, help_text="0 to 100")
    customer_since = models.DateField(null=True, blank=True)
    last_contact_on = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=5, default="en", help_text="ISO 639, for example de")
    preferred_channel = models.CharField(max_length=6, choices=Channel, default=Channel.EMAIL)
    notes = models.TextField(blank=True)
    # Confidential: the CRM tool never returns these; the profile tool does, to the roles that may see them.
    currency = models.CharField(max_length=3, default="EUR", validators=[_CURRENCY])
    annual_revenue = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    credit_limit = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    discount_limit_pct = models.DecimalField(max_digits=5, decimal_places=2, default=0, validators=_PERCENT)
    tax_id = models.CharField(max_length=30, blank=True)
    search = search_column(["name"], ["email", "website", "city", "industry", "owner"])

    history = HistoricalRecords(excluded_fields=["search"])

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("name"), "country", name="customer_name_in_country")]
        indexes = [
            GinIndex(fields=["search"], name="customer_search"),
            models.Index(fields=["country", "id"], name="customer_country"),
            models.Index(fields=["status", "id"], name="customer_status"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Contact(Versioned):
    """A person at a customer."""

    prefix = "CONT"

    class Influence(models.TextChoices):
        DECISION_MAKER = "decision_maker"
        CHAMPION = "champion"
        INFLUENCER = "influencer"
        USER = "user"
        BLOCKER = "blocker"

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    job_title = models.CharField(max_length=80, blank=True)
    email = models.EmailField()
    phone = models.CharField(max_length=30, blank=True)
    influence = models.CharField(max_length=14, choices=Influence, default=Influence.USER)
    language = models.CharField(max_length=5, default="en")
    may_be_marketed_to = models.BooleanField(default=False, help_text="Has agreed to marketing messages")
    notes = models.TextField(blank=True)
    search = search_column(["first_name", "last_name"], ["email", "job_title"])

    history = HistoricalRecords(excluded_fields=["search"])

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("email"), name="contact_email")]
        indexes = [GinIndex(fields=["search"], name="contact_search")]

    def __str__(self) -> str:
        return f"{self.code} {self.full_name}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Deal(Versioned):
    """A sale on its way, won or lost."""

    prefix = "DEAL"

    class Stage(models.TextChoices):
        PROSPECTING = "prospecting"
        QUALIFICATION = "qualification"
        PROPOSAL = "proposal"
        NEGOTIATION = "negotiation"
        CLOSED_WON = "closed_won"
        CLOSED_LOST = "closed_lost"

    CLOSED = (Stage.CLOSED_WON, Stage.CLOSED_LOST)

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="deals")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="deals")
    name = models.CharField(max_length=120)
    stage = models.CharField(max_length=13, choices=Stage, default=Stage.PROSPECTING)
    amount = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, default="EUR", validators=[_CURRENCY])
    probability_pct = models.PositiveSmallIntegerField(default=10, validators=_PERCENT)
    opened_on = models.DateField(default=timezone.localdate)
    expected_close_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    owner = models.CharField(max_length=80, blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    search = search_column(["name"], ["owner", "next_step"])

    history = HistoricalRecords(excluded_fields=["search"])

    class Meta:
        ordering = ["id"]
        constraints = [
            # A create that is tried again after a timeout finds its first try instead of doubling it.
            models.UniqueConstraint("customer", Lower("name"), name="deal_name_of_customer"),
            models.CheckConstraint(
                condition=~Q(stage="closed_lost") | ~Q(lost_reason=""), name="deal_lost_has_reason"
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="deal_search"),
            models.Index(fields=["stage", "id"], name="deal_stage"),
            models.Index(fields=["amount", "id"], name="deal_amount"),
            models.Index(fields=["expected_close_on", "id"], name="deal_expected_close"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


# How likely an open deal is to be won, by experience, unless somebody says otherwise.
PROBABILITY_PCT = {
    Deal.Stage.PROSPECTING: 10,
    Deal.Stage.QUALIFICATION: 25,
    Deal.Stage.PROPOSAL: 50,
    Deal.Stage.NEGOTIATION: 75,
    Deal.Stage.CLOSED_WON: 100,
    Deal.Stage.CLOSED_LOST: 0,
}
