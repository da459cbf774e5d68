"""Vendors in our market, ourselves among them: prices, features, what speaks for and against them, and sources."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

_PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Support(models.TextChoices):
    """How far a product has a feature, from best to worst."""

    YES = "yes"
    ADD_ON = "add_on", "Add-on (costs extra)"
    PARTIAL = "partial"
    NO = "no"


class Vendor(models.Model):
    """A company that sells to our customers. Exactly one of them is us."""

    name = models.CharField(max_length=80, unique=True)
    aliases = ArrayField(models.CharField(max_length=80), default=list, blank=True, help_text="Comma-separated")
    is_us = models.BooleanField("this is us", default=False)
    product = models.CharField(max_length=80)
    tagline = models.CharField(max_length=200)
    description = models.TextField()
    founded = models.PositiveSmallIntegerField()
    headquarters = models.CharField(max_length=80)
    employees = models.PositiveIntegerField()
    ownership = models.CharField(max_length=120)
    website = models.CharField(max_length=120, blank=True)
    target_segment = models.CharField(max_length=120)
    market_share_pct = models.DecimalField(max_digits=5, decimal_places=2, validators=_PERCENT)
    market_share_before_pct = models.DecimalField(
        max_digits=5, decimal_places=2, validators=_PERCENT, help_text="A year earlier"
    )
    market_year = models.PositiveSmallIntegerField()
    reviewed_on = models.DateField(help_text="When somebody last checked these facts")

    history = HistoricalRecords()

    class Meta:
        ordering = ["-market_share_pct", "name"]
        constraints = [models.UniqueConstraint(fields=["is_us"], condition=Q(is_us=True), name="one_vendor_is_us")]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """One line of a vendor's price list."""

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="plans")
    name = models.CharField(max_length=60)
    price = models.DecimalField(
        "price per user and month",
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Empty: on request",
    )
    currency = models.CharField(max_length=3, default="EUR")
    billed = models.CharField(max_length=8, choices=[("monthly", "monthly"), ("yearly", "yearly")])
    least_users = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["vendor", "name"], name="plan_name_of_vendor")]

    def __str__(self) -> str:
        return self.name


class Feature(models.Model):
    """Something that buyers compare."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    category = models.CharField(max_length=40)

    history = HistoricalRecords()

    class Meta:
        ordering = ["category", "key"]

    def __str__(self) -> str:
        return self.name


class VendorFeature(models.Model):
    """How far one vendor's product has one feature."""

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="features")
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="vendors")
    support = models.CharField(max_length=7, choices=Support)
    note = models.CharField(max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["feature__category", "feature__key"]
        constraints = [models.UniqueConstraint(fields=["vendor", "feature"], name="feature_of_vendor")]

    def __str__(self) -> str:
        return self.get_support_display()


class Source(models.Model):
    """Where a fact about a vendor is from."""

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="sources")
    key = models.SlugField()
    title = models.CharField(max_length=160)
    publisher = models.CharField(max_length=80)
    published_on = models.DateField()
    url = models.CharField(max_length=200, blank=True, validators=[URLValidator()])

    history = HistoricalRecords()

    class Meta:
        ordering = ["-published_on", "key"]
        constraints = [models.UniqueConstraint(fields=["vendor", "key"], name="source_key_of_vendor")]

    def __str__(self) -> str:
        return f"{self.title} ({self.published_on})"


class Point(models.Model):
    """One thing to know or to say about a vendor."""

    class Kind(models.TextChoices):
        STRENGTH = "strength"
        WEAKNESS = "weakness"
        OPPORTUNITY = "opportunity"
        TALKING_POINT = "talking_point"

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="points")
    kind = models.CharField(max_length=13, choices=Kind)
    text = models.CharField(max_length=400)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="points")

    history = HistoricalRecords()

    class Meta:
        ordering = ["kind", "id"]
        constraints = [models.UniqueConstraint(fields=["vendor", "kind", "text"], name="point_of_vendor")]

    def __str__(self) -> str:
        return self.text[:60]
