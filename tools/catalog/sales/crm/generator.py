"""Invents customers, contacts and deals: the same ones for the same seed."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from tools.catalog.sales.models import Contact, Customer, Deal
from tools.catalog.sales.models.crm import PROBABILITY_PCT
from tools.catalog.sales.models.searching import words_of

# "Today" of the invented data, so that it is the same whenever it is made.
TODAY = dt.date(2026, 11, 2)
_SIZES = [(5, 99, "small"), (100, 999, "mid_market"), (1000, 12_000, "enterprise")]
_EURO_IN = {"EUR": "1", "USD": "1.1", "GBP": "0.88", "CHF": "0.95", "SEK": "11.2", "PLN": "4.3"}
_PRODUCTS = [("Starter", 29), ("Pro", 59), ("Enterprise", 99)]
# Of a customer's first, second and third deal.
_OCCASIONS = ["", "Expansion: ", "Second site: "]
_STAGES = [stage.value for stage in Deal.Stage]
# Shares of the six stages in their order.
_STAGE_WEIGHTS = {
    "prospect": [30, 30, 22, 10, 0, 8],
    "active": [8, 8, 8, 8, 55, 13],
    "churned": [0, 0, 0, 0, 60, 40],
}


@dataclass(slots=True)
class Generator:
    """Makes rows, not saved, with the primary keys that follow *customers*, *contacts* and *deals*."""

    names: Mapping[str, Any]
    random: Random
    customers: int
    contacts: int
    deals: int
    taken: set[str] = field(default_factory=set)

    def world(self, until: int) -> Iterator[tuple[Customer, list[Contact], list[Deal]]]:
        """Customers up to the primary key *until*, each with its contacts and deals."""
        while self.customers < until:
            self.customers += 1
            customer = self._customer()
            contacts = [self._contact(customer) for _ in range(self.random.choice([1, 1, 2, 2, 3]))]
            many = (
                self.random.choice([0, 1, 1, 2, 3])
                if customer.status == "prospect"
                else self.random.choice([1, 2])
            )
            yield customer, contacts, [self._deal(customer, contacts, place) for place in range(many)]

    def _customer(self) -> Customer:
        pick, countries = self.random.choice, self.names["countries"]
        code = self.random.choices(list(countries), [entry["weight"] for entry in countries.values()])[0]
        country = countries[code]
        name = self._unused(lambda: f"{pick(country['stems'])} {pick(country['kinds'])} {pick(country['forms'])}")
        domain = "-".join(words_of(name)[:3]) + ".example"
        least, most, segment = self.random.choices(_SIZES, [5, 4, 2])[0]
        employees = self.random.randint(least, most)
        status = self.random.choices(["prospect", "active", "churned"], [45, 45, 10])[0]
        in_euros = Decimal(employees * self.random.randint(90, 260)) * 1000
        revenue = (in_euros * Decimal(_EURO_IN[country["currency"]])).quantize(Decimal("1000"))
        return Customer(
            pk=self.customers,
            name=name,
            industry=pick(self.names["industries"]),
            country=code,
            city=pick(country["cities"]),
            website=domain,
            email=f"info@{domain}",
            phone=self._digits(country["phone"]),
            employees=employees,
            segment=segment,
            status=status,
            owner=pick(self.names["owners"]),
            health_score={"prospect": 50, "active": self.random.randint(35, 98), "churned": 5}[status],
            customer_since=None if status == "prospect" else self._day_before(400, 1800),
            last_contact_on=self._day_before(3, 200),
            language=country["language"],
            preferred_channel=pick(Customer.Channel.values),
            notes=pick(self.names["notes"]),
            currency=country["currency"],
            annual_revenue=revenue,
            credit_limit=(revenue / 500).quantize(Decimal("1000")),
            payment_terms_days=pick([14, 30, 30, 45, 60]),
            discount_limit_pct=Decimal(pick(["5", "10", "12.50", "15"])),
            tax_id=self._digits(country["tax"]),
        )

    def _contact(self, customer: Customer) -> Contact:
        self.contacts += 1
        country = self.names["countries"][customer.country]
        title, influence = self.random.choice(self.names["titles"])
        first, last = self.random.choice(country["first"]), self.random.choice(country["last"])
        email = self._unused(lambda: f"{'.'.join(words_of(f'{first} {last}'))}@{customer.website}", count=True)
        return Contact(
            pk=self.contacts,
            customer=customer,
            first_name=first,
            last_name=last,
            job_title=title,
            email=email,
            phone=self._digits(country["phone"]),
            influence=influence,
            language=customer.language,
            may_be_marketed_to=self.random.random() < 0.4,
        )

    def _deal(self, customer: Customer, contacts: list[Contact], place: int) -> Deal:
        self.deals += 1
        stage = self.random.choices(_STAGES, _STAGE_WEIGHTS[customer.status])[0]
        product, euros = _PRODUCTS[min(2, max(0, _SIZE_OF[customer.segment] + self.random.choice([-1, 0, 0])))]
        seats = max(3, min(900, customer.employees // self.random.randint(4, 12)))
        opened = self._day_before(20, 900)
        closed = (
            min(TODAY, opened + dt.timedelta(days=self.random.randint(20, 140))) if stage in Deal.CLOSED else None
        )
        soon = TODAY + dt.timedelta(days=self.random.randint(5, 210))
        return Deal(
            pk=self.deals,
            customer=customer,
            contact=self.random.choice(contacts),
            name=f"{_OCCASIONS[place]}SalesBoost {product}, {seats} seats",
            stage=stage,
            amount=Decimal(seats * euros * 12) * Decimal(_EURO_IN[customer.currency]),
            currency=customer.currency,
            probability_pct=PROBABILITY_PCT[Deal.Stage(stage)],
            opened_on=opened,
            expected_close_on=closed or soon,
            closed_on=closed,
            owner=customer.owner,
            next_step="" if closed else self.random.choice(self.names["next_steps"]),
            lost_reason=self.random.choice(self.names["lost_reasons"]) if stage == "closed_lost" else "",
        )

    def _unused(self, make: Any, *, count: bool = False) -> str:
        """What *make* makes, as long as nobody has it; with *count* a number tells doubles apart."""
        for number in range(1, 1000):
            made: str = make()
            if count and number > 1:
                made = made.replace("@", f"{number}@")
            if made.lower() not in self.taken:
                self.taken.add(made.lower())
                return made
        raise LookupError("The lists of names are too short for that many customers.")

    def _digits(self, pattern: str) -> str:
        return "".join(str(self.random.randint(0, 9)) if sign == "#" else sign for sign in pattern)

    def _day_before(self, least: int, most: int) -> dt.date:
        return TODAY - dt.timedelta(days=self.random.randint(least, most))


_SIZE_OF = {segment: place for place, (_, _, segment) in enumerate(_SIZES)}
