"""Finds what a quote needs in the database, or says in one sentence what is missing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone
from rapidfuzz import process

from tools.catalog.pricing.amounts import Tier
from tools.catalog.pricing.models import (
    Currency,
    DiscountLevel,
    PriceBook,
    PriceTier,
    Product,
    Segment,
    TaxRate,
    TermDiscount,
)
from tools.errors import ReturnedFailure


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with its prices from one book, the lowest tier first."""

    product: Product
    book: PriceBook
    tiers: list[Tier]


def some_holds() -> None:
    """Whether there are prices today, without which no quote can be made. Raises ReturnedFailure."""
    if not PriceBook.objects.on(timezone.localdate()).exists():
        raise ReturnedFailure("No price book holds today: add one in the admin.", code="no_price_book")


def find_offers(
    skus: Collection[str], currency: str, segment: str, day: date
) -> tuple[Currency, dict[str, Offer]]:
    """The offer for each SKU on *day*, from the segment's book where it has the product, else the list.

    Two queries. Raises ReturnedFailure for a currency, product or price that there is not.
    """
    valid = PriceBook.objects.on(day).filter(currency=currency, segment__in={segment, Segment.STANDARD})
    books: list[PriceBook] = sorted(valid.select_related("currency"), key=lambda book: book.segment != segment)
    if not books:
        raise _no_currency(currency, day)
    rows = PriceTier.objects.filter(book__in=books, product__in=skus, product__active=True)
    tiers: dict[tuple[str, int], list[PriceTier]] = {}
    for row in rows.select_related("product").order_by("from_quantity"):
        tiers.setdefault((row.product_id, row.book_id), []).append(row)
    offers: dict[str, Offer] = {}
    for sku in skus:
        priced = next((book for book in books if (sku, book.pk) in tiers), None)
        if priced is None:
            raise _no_price(sku, currency)
        found = tiers[sku, priced.pk]
        offers[sku] = Offer(found[0].product, priced, [Tier(row.from_quantity, row.unit_price) for row in found])
    return books[0].currency, offers


def term_percent(contract_months: int) -> Decimal:
    """The discount of the longest term that the contract reaches. One query."""
    term = TermDiscount.objects.filter(min_months__lte=contract_months).order_by("-min_months").first()
    return term.percent if term else Decimal(0)


def approver_of(discount_percent: Decimal) -> str | None:
    """Who has to approve it; None if the seller may give it. One query, none without a discount.

    Raises ReturnedFailure beyond what anybody may approve.
    """
    if discount_percent == 0:
        return None
    levels = list(DiscountLevel.objects.order_by("max_percent"))
    for level in levels:
        if discount_percent <= level.max_percent:
            return level.name if level is not levels[0] else None
    most = f"{levels[-1].max_percent.normalize():f}" if levels else "0"
    raise ReturnedFailure(
        f"A discount of {discount_percent.normalize():f} % is beyond the {most} % that anybody may approve.",
        code="discount_too_high",
        hint=f"ask for {most} % at most, a longer contract or more units",
    )


def tax_rate(region: str | None, day: date) -> TaxRate | None:
    """The tax in *region* on *day*, a state's own before its country's. One query, none without a region."""
    if region is None:
        return None
    codes = [region, region.partition("-")[0]]
    valid = TaxRate.objects.on(day).filter(region__in=codes)
    rates: list[TaxRate] = sorted(valid, key=lambda rate: codes.index(rate.region))
    if rates:
        return rates[0]
    known = ", ".join(TaxRate.objects.on(day).order_by("region").values_list("region", flat=True).distinct())
    raise ReturnedFailure(
        f"There is no tax rate for the region {region!r} on {day}.",
        code="unknown_tax_region",
        hint=f"leave tax_region out to quote without tax, or use one of {known or 'none'}",
    )


def _no_currency(currency: str, day: date) -> ReturnedFailure:
    known = ", ".join(sorted(set(PriceBook.objects.on(day).values_list("currency_id", flat=True))))
    return ReturnedFailure(
        f"There is no price book in {currency} on {day}.",
        code="unknown_currency",
        hint=f"use one of {known}" if known else "no price book is in force that day: choose another quote_date",
    )


def _no_price(sku: str, currency: str) -> ReturnedFailure:
    known = list(Product.objects.filter(active=True).values_list("sku", flat=True))
    if sku in known:
        return ReturnedFailure(
            f"{sku} has no price in {currency}.", code="no_price", hint="quote it in another currency"
        )
    close = [match for match, _, _ in process.extract(sku, known, limit=3, score_cutoff=50)]
    return ReturnedFailure(
        f"There is no product {sku!r}.",
        code="unknown_product",
        hint=f"did you mean {' or '.join(close)}?" if close else f"products are {', '.join(known)}",
    )
