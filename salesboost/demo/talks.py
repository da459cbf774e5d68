"""What the demonstration's coaches and sellers say to models, which choose the tools. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from salesboost.demo.calls import (
    COMPETITORS,
    OFFERS,
    PITCHES,
    QUESTIONS,
    SUBJECTS,
    UTTERANCES,
    customer_id,
    favourite,
    phone_number,
)

# The route of the lab's deployments: nobody else is ever asked.
ROUTE = "demonstration"
# Conversations go on side by side, each for so many turns; between two of them all others have their turn.
SIDE_BY_SIDE = 40
TURNS = 4


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said once in a conversation, as the body of POST /api/v1/chat."""

    text: str
    prompt: str
    customer: str
    session_id: str
    path = "/api/v1/chat"

    @property
    def agent(self) -> str:
        return self.prompt

    def body(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "route": ROUTE,
            "prompt": self.prompt,
            "variables": {"customer": self.customer},
            "tools": list(SUBJECTS),
            "caller_role": "coach",
            "session_id": self.session_id,
        }


def about_the_crm(random: Random, customer: str) -> str:
    if random.random() < 0.7:
        return f"Read the CRM record with customer id {customer}."
    if random.random() < 0.6:
        return f"List the CRM customers with limit {random.choice([5, 10, 20])}."
    return f'Search the CRM with query "{random.choice(["GmbH", "Ltd", "energy", "health"])}".'


def about_a_price(random: Random, customer: str) -> str:
    sku, quantities = random.choice(OFFERS)
    asked = f"Calculate the price: sku {sku}, quantity {random.choice(quantities)}"
    if random.random() < 0.7:
        # Prices hold from the first of a month on.
        asked += f", quote date 2026-{random.choice([7, 10, 12]):02d}-01"
    return f"{asked}, discount percent {random.choice([0, 5, 10])}."


def about_a_competitor(random: Random, customer: str) -> str:
    name = favourite(random, COMPETITORS)
    return (
        f'Give me the competitor analysis, competitor name "{name}".' if name else "Give me a competitor analysis."
    )


def about_a_stage(random: Random, customer: str) -> str:
    said = " ".join(random.sample(UTTERANCES, k=2))
    return f'Which stage of the sale is this conversation "{said}" in?'


# By prompt: what is talked about, how often in a hundred turns, and in which words.
TALKS: dict[str, list[tuple[int, Callable[[Random, str], str]]]] = {
    "coach": [
        (34, about_the_crm),
        (12, lambda random, customer: f"Read the profile with customer id {customer}."),
        (8, about_a_stage),
    ],
    "research": [
        (6, lambda random, customer: f'Search the handbook, query "{favourite(random, QUESTIONS)}".'),
        (8, lambda random, customer: f'Check the compliance of the text "{random.choice(PITCHES)}".'),
        (7, about_a_competitor),
    ],
    "sales": [
        (22, about_a_price),
        (
            3,
            lambda random, customer: (
                f'Send an SMS with phone number {phone_number(random)} and message "{random.choice(PITCHES)}".'
            ),
        ),
    ],
}
WEIGHTED = [(weight, prompt, words) for prompt, told in TALKS.items() for weight, words in told]


def next_talk(random: Random, number: int, start: str) -> Talk:
    """The turn *number* (from 0) of the demonstration that began at *start*, a name."""
    _, prompt, words = random.choices(WEIGHTED, [weight for weight, *_ in WEIGHTED])[0]
    place, lap = number % SIDE_BY_SIDE, number // (SIDE_BY_SIDE * TURNS)
    customer = customer_id(random)
    return Talk(
        text=words(random, customer),
        prompt=prompt,
        customer=customer,
        session_id=f"demo-{start}-{lap * SIDE_BY_SIDE + place:05d}",
    )
