"""The tool ``price_calculator``: a quote with volume tiers, discounts, tax and return on investment."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils import timezone
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.catalog.pricing import price_book
from tools.catalog.pricing.amounts import (
    Amounts,
    Terms,
    TierShare,
    add_up,
    line_amounts,
    split_by_tier,
    to_minor_unit,
)
from tools.catalog.pricing.models import Currency, Product, TaxRate
from tools.catalog.pricing.price_book import Offer
from tools.catalog.pricing.roi import Returns, returns
from tools.definition.decorators import tool
from tools.errors import ReturnedFailure

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]


def in_capitals(code: Any) -> Any:
    """Codes are often typed in small letters; what is no text is left to the type's own check."""
    return code.strip().upper() if isinstance(code, str) else code


# The pattern stands before the validator, which would hide it from the published schema.
CurrencyCode = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR", "USD", "GBP", "JPY"]), BeforeValidator(in_capitals)
]
RegionCode = Annotated[
    str,
    Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", examples=["DE", "GB", "US-NY"]),
    BeforeValidator(in_capitals),
]
CustomerSegment = Literal["standard", "startup", "education", "nonprofit", "public_sector"]


class QuoteItem(BaseModel):
    """One product and how many of it."""

    model_config = ConfigDict(extra="forbid")

    sku: Annotated[
        str, Field(min_length=1, max_length=40, description="The product, such as PRO or ADDON-DIALER.")
    ]
    quantity: Annotated[int, Field(ge=1, le=1_000_000, description="How many units: seats, API packs, days …")] = 1


class RoiInputs(BaseModel):
    """What the customer expects to gain, in the quote's currency."""

    model_config = ConfigDict(extra="forbid")

    monthly_revenue_gain: Annotated[Money, Field(description="Additional revenue a month.")] = Decimal(0)
    gross_margin_percent: Annotated[Percent, Field(description="Share of that revenue that is profit.")] = Decimal(
        100
    )
    monthly_cost_saving: Annotated[
        Money, Field(description="Cost saved a month, such as hours no longer spent.")
    ] = Decimal(0)
    internal_one_off_cost: Annotated[Money, Field(description="The customer's own cost of the introduction.")] = (
        Decimal(0)
    )
    yearly_discount_rate_percent: Annotated[
        Percent, Field(description="The interest at which later money counts less in the present value.")
    ] = Decimal(10)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A product of the quote. Amounts are for the whole contract, with the currency's decimals."""

    sku: str
    name: str
    unit: str
    quantity: int
    billing: str
    tier_mode: str
    tiers: list[TierShare]
    price_book: str
    periods: int
    net_per_period: Decimal
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer. Decimals become strings in JSON, so that no digit is lost."""

    currency: str
    quote_date: date
    contract_months: int
    customer_segment: str
    lines: list[QuoteLine]
    totals: Amounts
    term_discount_percent: Decimal
    discount_percent: Decimal
    approval_required_by: str | None
    tax: str | None
    tax_percent: Decimal
    roi: Returns | None
    notes: list[str]


@tool(
    idempotent=True,
    read_only=True,
    roles={"coach"},
    timeout_s=5,
    cache_ttl_s=300,
    tags={"pricing"},
    probe=price_book.some_holds,
)
def price_calculator(
    items: Annotated[list[QuoteItem], Field(min_length=1, max_length=50)],
    currency: CurrencyCode = "EUR",
    customer_segment: CustomerSegment = "standard",
    discount_percent: Percent = Decimal(0),
    tax_region: RegionCode | None = None,
    contract_months: Annotated[int, Field(ge=1, le=60)] = 12,
    roi: RoiInputs | None = None,
    quote_date: date | None = None,
) -> Quote:
    """Price a quote for SalesBoost products, exact to the cent, and say whose approval its discount needs.

    Use it whenever somebody asks what products cost, what a discount, a longer contract or more seats would
    do, what tax comes on top, or when a purchase pays for itself. Never compute prices yourself.

    Products: STARTER, PRO and ENTERPRISE (per seat and month); ADDON-ANALYTICS and ADDON-DIALER (per seat
    and month), ADDON-API (per 1,000 API calls a day and month), SUPPORT-PREMIUM (per month); ONBOARDING and
    TRAINING-DAY (once). The answer lists each line with the tiers that priced it, the totals over the whole
    contract (list, discount, net, tax, total; amounts are strings), ``approval_required_by`` (null: the
    seller may offer it), the ROI if asked for, and notes that the customer should hear.
    It fails, saying what to use instead, for an unknown product, currency or tax region, for fewer units than
    the smallest order, and for a discount that nobody may approve.

    Args:
        items: The products with their quantities. The same SKU twice counts as one line.
        currency: ISO 4217 code of the price book to use.
        customer_segment: The kind of customer; some have prices of their own.
        discount_percent: The discount asked for on top of volume and term discounts, from 0 to 100.
        tax_region: ISO 3166 code of the customer's country, or of the state in the US and Canada. Leave it
            out for a quote without tax.
        contract_months: Length of the contract. Longer terms lower the monthly prices.
        roi: What the customer expects to gain, to get payback months and three-year value.
        quote_date: The day whose prices and taxes count (YYYY-MM-DD); today if left out.
    """
    day = quote_date or timezone.localdate()
    quantities = _quantities(items)
    book_currency, offers = price_book.find_offers(quantities, currency, customer_segment, day)
    approver = price_book.approver_of(discount_percent)
    tax = price_book.tax_rate(tax_region, day)
    monthly = Terms(
        minor_units=book_currency.minor_units,
        periods=contract_months,
        term_percent=price_book.term_percent(contract_months),
        discount_percent=discount_percent,
        tax_percent=tax.percent if tax else Decimal(0),
    )
    lines = [_line(offers[sku], quantity, monthly) for sku, quantity in quantities.items()]
    return Quote(
        currency=currency,
        quote_date=day,
        contract_months=contract_months,
        customer_segment=customer_segment,
        lines=lines,
        totals=add_up([line.amounts for line in lines], book_currency.minor_units),
        term_discount_percent=monthly.term_percent,
        discount_percent=discount_percent,
        approval_required_by=approver,
        tax=tax.name if tax else None,
        tax_percent=monthly.tax_percent,
        roi=_returns(roi, lines, book_currency) if roi else None,
        notes=_notes(lines, offers, approver, tax),
    )


def _quantities(items: list[QuoteItem]) -> dict[str, int]:
    """Units by SKU, so that splitting an order into lines neither loses nor gains a volume price."""
    quantities: dict[str, int] = {}
    for item in items:
        sku = item.sku.strip().upper()
        quantities[sku] = quantities.get(sku, 0) + item.quantity
    return quantities


def _line(offer: Offer, quantity: int, monthly: Terms) -> QuoteLine:
    product, least = offer.product, offer.tiers[0].from_quantity
    if quantity < least:
        raise ReturnedFailure(
            f"{product.sku} is sold from {least} units on ({product.unit}), not {quantity}.",
            code="quantity_too_small",
            hint=f"quote {least} or more, or a smaller product",
        )
    once = product.billing == Product.Billing.ONE_OFF
    # A longer contract is a reason to lower what is paid each month, not what is done once.
    terms = replace(monthly, periods=1, term_percent=Decimal(0)) if once else monthly
    shares = split_by_tier(offer.tiers, quantity, product.tier_mode)
    amounts = line_amounts(shares, terms)
    return QuoteLine(
        sku=product.sku,
        name=product.name,
        unit=product.unit,
        quantity=quantity,
        billing=product.billing,
        tier_mode=product.tier_mode,
        tiers=shares,
        price_book=offer.book.name,
        periods=terms.periods,
        net_per_period=to_minor_unit(amounts.net / terms.periods, terms.minor_units),
        amounts=amounts,
    )


def _returns(inputs: RoiInputs, lines: list[QuoteLine], currency: Currency) -> Returns:
    once = sum((line.amounts.net for line in lines if line.billing == Product.Billing.ONE_OFF), Decimal(0))
    monthly = sum((line.net_per_period for line in lines if line.billing == Product.Billing.MONTHLY), Decimal(0))
    margin = inputs.monthly_revenue_gain * inputs.gross_margin_percent / 100
    return returns(
        upfront=once + inputs.internal_one_off_cost,
        monthly_cost=monthly,
        monthly_benefit=margin + inputs.monthly_cost_saving,
        yearly_rate=inputs.yearly_discount_rate_percent,
        minor_units=currency.minor_units,
    )


def _notes(
    lines: list[QuoteLine], offers: dict[str, Offer], approver: str | None, tax: TaxRate | None
) -> list[str]:
    notes: list[str] = []
    for line in lines:
        charged = sum(share.quantity for share in line.tiers)
        if charged > line.quantity:
            notes.append(
                f"{line.sku}: {charged} units cost less than {line.quantity}; take {charged} for this price."
            )
        base = offers[line.sku].product.works_with.split()
        if base and not set(base) & set(offers):
            notes.append(f"{line.sku} needs {' or '.join(base)}, which this quote does not hold.")
    if approver:
        notes.append(f"Do not promise this discount before the {approver} has approved it.")
    if tax is None:
        notes.append("Amounts are without tax: give tax_region to add it.")
    return notes
