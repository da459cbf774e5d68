"""What is for sale, at which price, under which terms: everything that a quote is made of."""

from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]
SKU = RegexValidator(r"^[A-Z][A-Z0-9-]*\Z", "Write capitals, digits and '-' only, such as ADDON-API.")
CURRENCY_CODE = RegexValidator(r"^[A-Z]{3}\Z", "Write the three capitals of ISO 4217, such as EUR.")
REGION_CODE = RegexValidator(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z", "Write an ISO 3166 code, such as DE or US-NY.")


class Segment(models.TextChoices):
    """The kinds of customer that may have prices of their own."""

    STANDARD = "standard"
    STARTUP = "startup"
    EDUCATION = "education"
    NONPROFIT = "nonprofit"
    PUBLIC_SECTOR = "public_sector", "Public sector"


class EffectiveQuerySet(models.QuerySet[Any]):
    """Rows that hold from ``valid_from`` to ``valid_until``, both days included."""

    def on(self, day: date) -> Self:
        """Those in force on *day*, the newest first: where two overlap, the newer one counts."""
        ended = Q(valid_until__isnull=False, valid_until__lt=day)
        return self.filter(~ended, valid_from__lte=day).order_by("-valid_from", "-pk")


class Dated(models.Model):
    """A row with a period in which it is in force."""

    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The last day; empty: until further notice.")

    class Meta:
        abstract = True

    def clean(self) -> None:
        # A form that could not read the first day leaves it empty.
        start: date | None = self.valid_from
        if start is not None and self.valid_until and self.valid_until < start:
            raise ValidationError({"valid_until": "It ends before it begins: choose a later last day."})


class Currency(models.Model):
    """A currency that we sell in. ``minor_units`` is its number of decimals (EUR 2, JPY 0)."""

    code = models.CharField(max_length=3, primary_key=True, validators=[CURRENCY_CODE])
    name = models.CharField(max_length=50)
    minor_units = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(4)])
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "currencies"

    def __str__(self) -> str:
        return self.code


class Product(models.Model):
    """Something with a SKU. Its price depends on the price book and the quantity."""

    class Billing(models.TextChoices):
        MONTHLY = "monthly", "Every month of the contract"
        ONE_OFF = "one_off", "Once"

    class TierMode(models.TextChoices):
        GRADUATED = "graduated", "Graduated: each unit at the price of the tier it falls in"
        ALL_UNITS = "all_units", "All units: every unit at the price of the tier reached"

    sku = models.CharField("SKU", max_length=40, primary_key=True, validators=[SKU])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    unit = models.CharField(max_length=50, help_text="What one of it is, such as 'seat' or '1,000 API calls'.")
    billing = models.CharField(max_length=10, choices=Billing)
    tier_mode = models.CharField(max_length=10, choices=TierMode)
    works_with = models.CharField(
        max_length=200, blank=True, help_text="SKUs of which the customer needs one, separated by spaces."
    )
    active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["sku"]

    def __str__(self) -> str:
        return self.sku


class PriceBook(Dated):
    """The prices in one currency for one segment in one period; segment 'standard' is the list price."""

    name = models.CharField(max_length=80, unique=True)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="books")
    segment = models.CharField(max_length=20, choices=Segment, default=Segment.STANDARD)
    objects = EffectiveQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["currency", "segment", "-valid_from"]

    def __str__(self) -> str:
        return self.name


class PriceTier(models.Model):
    """The price of one unit from a quantity on. The lowest tier is the smallest quantity that is sold."""

    book = models.ForeignKey(PriceBook, on_delete=models.CASCADE, related_name="tiers")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tiers")
    from_quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal(0))])
    history = HistoricalRecords()

    class Meta:
        ordering = ["book", "product", "from_quantity"]
        constraints = [
            models.UniqueConstraint("book", "product", "from_quantity", name="pricing_tier_once"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="pricing_tier_price_not_negative"),
            models.CheckConstraint(condition=Q(from_quantity__gte=1), name="pricing_tier_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} from {self.from_quantity}: {self.unit_price}"

    def clean(self) -> None:
        """Refuse a price that would make more units dearer a piece than fewer."""
        # A form that could not read a field leaves it empty, and has said so.
        price: Decimal | None = self.unit_price
        quantity: int | None = self.from_quantity
        if price is None or quantity is None:
            return
        others = PriceTier.objects.filter(book_id=self.book_id, product_id=self.product_id).exclude(pk=self.pk)
        dearer_above = Q(from_quantity__gt=quantity, unit_price__gt=price)
        cheaper_below = Q(from_quantity__lt=quantity, unit_price__lt=price)
        wrong = others.filter(dearer_above | cheaper_below).first()
        if wrong:
            raise ValidationError(
                {
                    "unit_price": "The price of a unit may not rise with the quantity, and from "
                    f"{wrong.from_quantity} on it is {wrong.unit_price:f}: change that tier first, or this price."
                }
            )


class DiscountLevel(models.Model):
    """Up to which discount somebody may sign. The lowest level is the seller's own."""

    name = models.CharField(max_length=40, unique=True)
    max_percent = models.DecimalField(max_digits=5, decimal_places=2, unique=True, validators=PERCENT)
    history = HistoricalRecords()

    class Meta:
        ordering = ["max_percent"]

    def __str__(self) -> str:
        return f"{self.name}: up to {self.max_percent.normalize():f} %"


class TermDiscount(models.Model):
    """What a longer contract takes off the monthly prices. Needs nobody's approval."""

    min_months = models.PositiveSmallIntegerField(unique=True, validators=[MinValueValidator(1)])
    percent = models.DecimalField(max_digits=5, decimal_places=2, validators=PERCENT)
    history = HistoricalRecords()

    class Meta:
        ordering = ["min_months"]

    def __str__(self) -> str:
        return f"from {self.min_months} months: {self.percent.normalize():f} %"


class TaxRate(Dated):
    """The tax on software subscriptions in a region, in a period."""

    region = models.CharField(max_length=6, validators=[REGION_CODE])
    name = models.CharField(max_length=80, help_text="As it stands on the quote, such as 'VAT Germany'.")
    percent = models.DecimalField(max_digits=6, decimal_places=3, validators=PERCENT)
    objects = EffectiveQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["region", "-valid_from"]
        constraints = [
            models.UniqueConstraint("region", "valid_from", name="pricing_tax_once"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="pricing_tax_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region}: {self.percent.normalize():f} % from {self.valid_from}"
