"""The calls that the demonstration's programs make without a model: pure functions of a random generator."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

# Programs get arguments wrong now and then.
SPOILT_SHARE = 0.012

QUESTIONS = [
    "How long does onboarding take?",
    "What does the service level agreement promise?",
    "Which CRM systems can be connected?",
    "How is customer data encrypted?",
    "Where is the data stored?",
    "What discount may I give without approval?",
    "How do I answer 'it is too expensive'?",
    "What are good discovery questions?",
    "How does single sign-on work?",
    "What happens when the API limit is reached?",
    "How do we compare with a spreadsheet?",
    "What does the trial include?",
]
UTTERANCES = [
    "Hello, I saw your advert and wonder what you do.",
    "We are forty sales people and lose track of follow-ups every week.",
    "Could you show me how the coaching works on a live call?",
    "That is more than we planned to spend this year.",
    "If you can do twelve percent off, we sign before the end of the month.",
    "Please send the contract to our legal team.",
    "We spoke in March; is the integration ready now?",
]
PITCHES = [
    "Our platform helps your team follow up in time. Reply STOP to opt out.",
    "We guarantee you will double your revenue, completely risk-free!",
    "As agreed on the phone, here is the offer for forty seats.",
    "Act now, this price ends in one hour and will never come back.",
]
# Product and quantities in which it is sold.
OFFERS = [("STARTER", (3, 5, 10)), ("PRO", (5, 12, 40)), ("ENTERPRISE", (25, 120, 600))]
COMPETITORS: list[str | None] = [None, "Dealharbor", "Sellistra", "Veldra", "Pipelore", "Talkmetra"]


@dataclass(frozen=True, slots=True)
class DemoCall:
    """One call of the REST API, as its body."""

    tool: str
    payload: dict[str, Any]
    caller_role: str
    session_id: str
    agent: str
    path = "/api/v1/tools/execute"

    def body(self) -> dict[str, Any]:
        return {
            "tool": self.tool,
            "payload": self.payload,
            "caller_role": self.caller_role,
            "session_id": self.session_id,
            "context": {"agent": self.agent},
        }


def favourite(random: Random, items: list[Any]) -> Any:
    """An item, the first ones far more often: people ask the same things, and the cache lives of that."""
    return items[min(int(random.paretovariate(0.9)) - 1, len(items) - 1)]


def customer_id(random: Random) -> str:
    return f"CUST{int(random.triangular(1, 300, 1)):03d}"


def ask_crm(random: Random) -> dict[str, Any]:
    if random.random() < 0.7:
        return {"action": "read", "customer_id": customer_id(random)}
    if random.random() < 0.6:
        return {"action": "list", "limit": random.choice([5, 10, 20])}
    return {"action": "search", "query": random.choice(["GmbH", "Ltd", "energy", "health"])}


def ask_price(random: Random) -> dict[str, Any]:
    sku, quantities = random.choice(OFFERS)
    return {
        "items": [{"sku": sku, "quantity": random.choice(quantities)}],
        "discount_percent": random.choice([0, 0, 5, 10]),
    }


def ask_stage(random: Random) -> dict[str, Any]:
    turns = random.sample(UTTERANCES, k=2)
    return {"conversation": [{"speaker": "customer", "text": text} for text in turns]}


def ask_sms(random: Random) -> dict[str, Any]:
    return {"phone_number": phone_number(random), "message": random.choice(PITCHES)}


def phone_number(random: Random) -> str:
    """Of Ofcom's range of mobile numbers for drama, 07700 900000 to 900999: nobody's phone rings."""
    return f"+447700900{random.randrange(1000):03d}"


def ask_competitor(random: Random) -> dict[str, Any]:
    name = favourite(random, COMPETITORS)
    return {"competitor_name": name} if name else {}


# What is asked, how often in a hundred calls, and the payload.
SUBJECTS: dict[str, tuple[int, Callable[[Random], dict[str, Any]]]] = {
    "knowledge_retriever": (
        24,
        lambda random: {"query": favourite(random, QUESTIONS), "top_k": random.choice([3, 5])},
    ),
    "crm_integration": (24, ask_crm),
    "price_calculator": (13, ask_price),
    "stage_classifier": (12, ask_stage),
    "profile_reader": (11, lambda random: {"customer_id": customer_id(random)}),
    "compliance_check": (8, lambda random: {"text": random.choice(PITCHES)}),
    "competitor_analysis": (5, ask_competitor),
    "sms_outreach": (3, ask_sms),
}


def next_call(random: Random) -> DemoCall:
    """The next call."""
    tool = random.choices(list(SUBJECTS), [weight for weight, _ in SUBJECTS.values()])[0]
    payload = SUBJECTS[tool][1](random)
    if random.random() < SPOILT_SHARE:
        payload = spoil(random, payload)
    return DemoCall(
        tool=tool,
        payload=payload,
        caller_role=role(random, tool),
        session_id=f"demo-{random.randrange(40):02d}",
        agent="sales-app",
    )


def role(random: Random, tool: str) -> str:
    """Mostly a coach; the retrieving agents for knowledge; now and then one who may not."""
    if random.random() < 0.006:
        return "session_director" if tool != "knowledge_retriever" else "visitor"
    if tool == "knowledge_retriever":
        return random.choice(["coach", "rag", "retriever", "session_director"])
    return "coach"


def spoil(random: Random, payload: dict[str, Any]) -> dict[str, Any]:
    """*payload* as a program with a mistake sends it: an argument misspelt, of the wrong type, or made up."""
    if not payload:
        return {"competitor": "the big one"}
    name = random.choice(list(payload))
    kind = random.randrange(3)
    if kind == 0:
        return {(key[:-1] if key == name else key): value for key, value in payload.items()}
    if kind == 1:
        return {**payload, name: {"value": str(payload[name])}}
    return {**payload, "comment": "asked by the nightly run"}
