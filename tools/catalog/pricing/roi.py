"""What a purchase returns. Pure functions on Decimal, no I/O.

The formulas are those of Forrester's Total Economic Impact: ROI is net benefits (benefits less costs)
divided by costs; payback is the time after which net benefits equal what was invested at the start.
Amounts are without tax, which a business gets back or pays on any alternative alike.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext

from tools.catalog.pricing.amounts import EXACT_DIGITS, HUNDRED, to_minor_unit

HORIZON_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Returns:
    """``payback_months`` is None when the benefit never covers the running cost; percentages are of 100."""

    monthly_benefit: Decimal
    payback_months: Decimal | None
    three_year_benefit: Decimal
    three_year_cost: Decimal
    three_year_value: Decimal
    three_year_present_value: Decimal
    roi_percent: Decimal | None


def returns(
    *, upfront: Decimal, monthly_cost: Decimal, monthly_benefit: Decimal, yearly_rate: Decimal, minor_units: int
) -> Returns:
    """The return over three years, the subscription renewed at the same price.

    ``yearly_rate`` (of 100) discounts the present value, each year's money at the end of that year.
    """
    with localcontext(prec=EXACT_DIGITS):
        monthly_gain = monthly_benefit - monthly_cost
        benefit = monthly_benefit * HORIZON_MONTHS
        cost = upfront + monthly_cost * HORIZON_MONTHS
        growth = 1 + yearly_rate / HUNDRED
        present = sum((monthly_gain * 12 / growth**year for year in (1, 2, 3)), -upfront)
        return Returns(
            monthly_benefit=to_minor_unit(monthly_benefit, minor_units),
            payback_months=_payback(upfront, monthly_gain),
            three_year_benefit=to_minor_unit(benefit, minor_units),
            three_year_cost=to_minor_unit(cost, minor_units),
            three_year_value=to_minor_unit(benefit - cost, minor_units),
            three_year_present_value=to_minor_unit(present, minor_units),
            roi_percent=to_minor_unit((benefit - cost) / cost * HUNDRED, 1) if cost else None,
        )


def _payback(upfront: Decimal, monthly_gain: Decimal) -> Decimal | None:
    """Months until the gains have paid for the start, rounded up to a tenth."""
    if monthly_gain <= 0:
        return None
    return (upfront / monthly_gain).quantize(Decimal("0.1"), rounding=ROUND_CEILING)
