"""Exact arithmetic of a quote: from quantities and tiers to amounts. Pure functions on Decimal, no I/O.

An amount is rounded once, where it becomes payable: the charge of a line for one period, and the tax of a
line. Everything after that is adding and multiplying by whole months, which is exact; so the total is the
sum of its lines, whatever their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

# Enough digits for the largest price times the largest quantity times three percentages, without rounding.
EXACT_DIGITS = 60
HUNDRED = Decimal(100)
GRADUATED = "graduated"


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of a unit from *from_quantity* on."""

    from_quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class TierShare:
    """The part of a line that one tier priced."""

    from_quantity: int
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What applies to a line. Percentages are of 100; *periods* is how often its charge is due."""

    minor_units: int
    periods: int
    term_percent: Decimal
    discount_percent: Decimal
    tax_percent: Decimal


@dataclass(frozen=True, slots=True)
class Amounts:
    """The money of one line, or of all. ``list`` is before discounts, ``net`` after, ``total`` with tax."""

    list: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


def to_minor_unit(amount: Decimal, minor_units: int) -> Decimal:
    """*amount* with the currency's decimals, halves away from zero, as invoices and school do."""
    return amount.quantize(Decimal(1).scaleb(-minor_units), rounding=ROUND_HALF_UP)


def split_by_tier(tiers: Sequence[Tier], quantity: int, mode: str) -> list[TierShare]:
    """How *quantity* units are priced by *tiers*, sorted by their quantity, the lowest not above *quantity*.

    Graduated: each unit at the price of its tier. All units: every unit at the price of the tier reached, but
    never more than the start of a higher tier would cost: so that more units never cost less in all.
    """
    return _graduated(tiers, quantity) if mode == GRADUATED else [_all_units(tiers, quantity)]


def _graduated(tiers: Sequence[Tier], quantity: int) -> list[TierShare]:
    shares: list[TierShare] = []
    # The lowest tier prices the units below its start as well: that start is only the smallest order.
    starts = [0, *(tier.from_quantity - 1 for tier in tiers[1:])]
    ends = [*starts[1:], quantity]
    for tier, start, end in zip(tiers, starts, ends, strict=True):
        units = min(quantity, end) - start
        if units > 0:
            shares.append(TierShare(tier.from_quantity, units, tier.unit_price, units * tier.unit_price))
    return shares


def _all_units(tiers: Sequence[Tier], quantity: int) -> TierShare:
    reached = max((tier for tier in tiers if tier.from_quantity <= quantity), key=lambda tier: tier.from_quantity)
    higher = [tier for tier in tiers if tier.from_quantity > quantity]
    options = [
        TierShare(reached.from_quantity, quantity, reached.unit_price, quantity * reached.unit_price),
        *(
            TierShare(
                tier.from_quantity, tier.from_quantity, tier.unit_price, tier.from_quantity * tier.unit_price
            )
            for tier in higher
        ),
    ]
    return min(options, key=lambda share: (share.amount, share.quantity))


def line_amounts(shares: Sequence[TierShare], terms: Terms) -> Amounts:
    """The money of a line over the whole contract. The term discount comes off first, then the other."""
    with localcontext(prec=EXACT_DIGITS):
        exact = sum((share.amount for share in shares), Decimal(0))
        remaining = (HUNDRED - terms.term_percent) * (HUNDRED - terms.discount_percent) / (HUNDRED * HUNDRED)
        list_amount = to_minor_unit(exact, terms.minor_units) * terms.periods
        net = to_minor_unit(exact * remaining, terms.minor_units) * terms.periods
        tax = to_minor_unit(net * terms.tax_percent / HUNDRED, terms.minor_units)
        return Amounts(list_amount, list_amount - net, net, tax, net + tax)


def add_up(lines: Sequence[Amounts], minor_units: int) -> Amounts:
    """The sum of *lines*, field by field."""
    zero = to_minor_unit(Decimal(0), minor_units)
    with localcontext(prec=EXACT_DIGITS):
        return Amounts(
            list=sum((line.list for line in lines), zero),
            discount=sum((line.discount for line in lines), zero),
            net=sum((line.net for line in lines), zero),
            tax=sum((line.tax for line in lines), zero),
            total=sum((line.total for line in lines), zero),
        )
