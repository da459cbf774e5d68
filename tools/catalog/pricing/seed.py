"""The product line, price books and terms that the demonstration starts with.

Tax rates are those in force in 2026 for software subscriptions sold to businesses, with the last change of
each; check them before you invoice.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from tools.catalog.pricing.amounts import to_minor_unit
from tools.catalog.pricing.models import (
    Currency,
    DiscountLevel,
    PriceBook,
    PriceTier,
    Product,
    TaxRate,
    TermDiscount,
)

CURRENCIES = [("EUR", "Euro", 2), ("USD", "US dollar", 2), ("GBP", "Pound sterling", 2), ("JPY", "Yen", 0)]
# What one euro of list price becomes in each currency's price book: set once a year, not an exchange rate.
LIST_FACTORS = {"EUR": "1", "USD": "1.1", "GBP": "0.88", "JPY": "165"}

# SKU: name, unit, billing, tier mode, works with, {from quantity: euros a unit}, description
PRODUCTS: dict[str, tuple[str, str, str, str, str, dict[int, str], str]] = {
    "STARTER": (
        "SalesBoost Starter", "seat", "monthly", "all_units", "", {1: "29", 5: "27", 10: "25"},
        "Call notes, e-mail templates and a shared pipeline for teams of up to about ten.",
    ),
    "PRO": (
        "SalesBoost Pro", "seat", "monthly", "graduated", "", {1: "59", 11: "54", 51: "48", 201: "42"},
        "Everything in Starter, live coaching, forecasting and CRM synchronisation.",
    ),
    "ENTERPRISE": (
        "SalesBoost Enterprise", "seat", "monthly", "graduated", "", {25: "99", 101: "89", 501: "75", 2001: "62"},
        "Everything in Pro, single sign-on, audit log, data residency and a service level of 99.9 %.",
    ),
    "ADDON-ANALYTICS": (
        "Conversation analytics", "seat", "monthly", "all_units", "PRO ENTERPRISE", {1: "19", 26: "17", 101: "14"},
        "Themes, talk ratio and objection trends over all recorded conversations.",
    ),
    "ADDON-DIALER": (
        "Dialer", "seat", "monthly", "graduated", "PRO ENTERPRISE", {1: "25", 21: "22", 101: "18.5"},
        "Click to call with local numbers, voicemail drop and consent-aware recording.",
    ),
    "ADDON-API": (
        "API packs", "1,000 API calls a day", "monthly", "graduated", "PRO ENTERPRISE",
        {1: "40", 6: "32.5", 26: "24.75"}, "Read and write access for your own applications.",
    ),
    "SUPPORT-PREMIUM": (
        "Premium support", "organisation", "monthly", "all_units", "PRO ENTERPRISE", {1: "450"},
        "A named engineer, answers within one hour, around the clock.",
    ),
    "ONBOARDING": (
        "Guided onboarding", "project", "one_off", "all_units", "", {1: "2400"},
        "Data migration, configuration and a launch plan in four weeks.",
    ),
    "TRAINING-DAY": (
        "Training day", "day", "one_off", "all_units", "", {1: "1250", 3: "1150", 10: "990"},
        "A trainer with up to twelve of your sellers.",
    ),
}  # fmt: skip

# Book name: currency, segment, from, until, share of the list price, SKUs (empty: all)
BOOKS: list[tuple[str, str, str, date, date | None, str, str]] = [
    *(
        (f"List {year} {code}", code, "standard", date(year, 1, 1), until, share, "")
        for code in LIST_FACTORS
        for year, until, share in [(2025, date(2025, 12, 31), "0.96"), (2026, None, "1")]
    ),
    *(
        (f"{name} 2026 {code}", code, segment, date(2026, 1, 1), None, share, skus)
        for code in ("EUR", "USD", "GBP")
        for segment, name, share, skus in [
            ("startup", "Startup", "0.75", "STARTER PRO ADDON-ANALYTICS"),
            ("education", "Education", "0.5", "STARTER PRO ENTERPRISE ADDON-ANALYTICS TRAINING-DAY"),
            ("nonprofit", "Non-profit", "0.6", "STARTER PRO ENTERPRISE ADDON-ANALYTICS ONBOARDING"),
            ("public_sector", "Public sector", "0.92", "PRO ENTERPRISE SUPPORT-PREMIUM ONBOARDING TRAINING-DAY"),
        ]
    ),
]
LEVELS = [("seller", "10"), ("sales manager", "20"), ("sales director", "30")]
TERMS = [(12, "0"), (24, "5"), (36, "10"), (60, "15")]
# Region, name, percent, from, until
TAXES = [
    ("DE", "VAT Germany", "19", "2007-01-01", "2020-06-30"),
    ("DE", "VAT Germany (reduced, pandemic)", "16", "2020-07-01", "2020-12-31"),
    ("DE", "VAT Germany", "19", "2021-01-01", ""),
    ("AT", "VAT Austria", "20", "1984-01-01", ""),
    ("FR", "VAT France", "20", "2014-01-01", ""),
    ("NL", "VAT Netherlands", "21", "2012-10-01", ""),
    ("BE", "VAT Belgium", "21", "1996-01-01", ""),
    ("ES", "VAT Spain", "21", "2012-09-01", ""),
    ("IT", "VAT Italy", "22", "2013-10-01", ""),
    ("IE", "VAT Ireland", "23", "2021-03-01", ""),
    ("PL", "VAT Poland", "23", "2011-01-01", ""),
    ("SE", "VAT Sweden", "25", "1990-07-01", ""),
    ("DK", "VAT Denmark", "25", "1992-01-01", ""),
    ("FI", "VAT Finland", "24", "2013-01-01", "2024-08-31"),
    ("FI", "VAT Finland", "25.5", "2024-09-01", ""),
    ("EE", "VAT Estonia", "22", "2024-01-01", "2025-06-30"),
    ("EE", "VAT Estonia", "24", "2025-07-01", ""),
    ("CH", "VAT Switzerland", "7.7", "2018-01-01", "2023-12-31"),
    ("CH", "VAT Switzerland", "8.1", "2024-01-01", ""),
    ("NO", "VAT Norway", "25", "2005-01-01", ""),
    ("GB", "VAT United Kingdom", "20", "2011-01-04", ""),
    ("JP", "Consumption tax Japan", "8", "2014-04-01", "2019-09-30"),
    ("JP", "Consumption tax Japan", "10", "2019-10-01", ""),
    ("AU", "GST Australia", "10", "2000-07-01", ""),
    ("CA", "GST Canada", "5", "2008-01-01", ""),
    ("CA-ON", "HST Ontario", "13", "2010-07-01", ""),
    ("US-CA", "California (software as a service is not taxed)", "0", "2000-01-01", ""),
    ("US-NY", "Sales tax New York State, without local tax", "4", "2005-06-01", ""),
    ("US-PA", "Sales tax Pennsylvania", "6", "1968-01-01", ""),
    ("US-TX", "Sales tax Texas (6.25 % on 80 % of data processing)", "5", "1999-10-01", ""),
    ("US-WA", "Sales tax Washington State, without local tax", "6.5", "1983-01-01", ""),
]


def seed(stdout: Any = None) -> None:
    """Fill the empty tables of pricing. Does nothing where there are products already."""
    if Product.objects.exists():
        return
    with transaction.atomic():
        _create(Currency, [Currency(code=code, name=name, minor_units=units) for code, name, units in CURRENCIES])
        _create(Product, [_product(sku) for sku in PRODUCTS])
        for name, currency, segment, start, end, share, skus in BOOKS:
            book = PriceBook.objects.create(
                name=name, currency_id=currency, segment=segment, valid_from=start, valid_until=end
            )
            _create(PriceTier, _tiers(book, Decimal(share), skus.split() or list(PRODUCTS)))
        _create(DiscountLevel, [DiscountLevel(name=name, max_percent=Decimal(most)) for name, most in LEVELS])
        _create(TermDiscount, [TermDiscount(min_months=months, percent=Decimal(off)) for months, off in TERMS])
        _create(TaxRate, [_tax(*row) for row in TAXES])
    if stdout:
        stdout.write(f"{len(PRODUCTS)} products in {len(BOOKS)} price books, {len(TAXES)} tax rates.")


def _create(model: Any, rows: list[Any]) -> None:
    # With a first entry of history, so that the first edit can show what was there before.
    bulk_create_with_history(rows, model)


def _product(sku: str) -> Product:
    name, unit, billing, tier_mode, works_with, _, description = PRODUCTS[sku]
    return Product(
        sku=sku, name=name, unit=unit, billing=billing, tier_mode=tier_mode, works_with=works_with,
        description=description,
    )  # fmt: skip


def _tiers(book: PriceBook, share: Decimal, skus: list[str]) -> list[PriceTier]:
    factor = Decimal(LIST_FACTORS[book.currency_id]) * share
    minor_units = next(units for code, _, units in CURRENCIES if code == book.currency_id)
    return [
        PriceTier(
            book=book,
            product_id=sku,
            from_quantity=quantity,
            unit_price=to_minor_unit(Decimal(euros) * factor, minor_units),
        )
        for sku in skus
        for quantity, euros in PRODUCTS[sku][5].items()
    ]


def _tax(region: str, name: str, percent: str, start: str, end: str) -> TaxRate:
    return TaxRate(
        region=region,
        name=name,
        percent=Decimal(percent),
        valid_from=date.fromisoformat(start),
        valid_until=date.fromisoformat(end) if end else None,
    )
