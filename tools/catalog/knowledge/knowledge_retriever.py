"""The tool that looks things up in the product handbook."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tools import tool
from tools.catalog.knowledge.search import Hit, search

CategoryName = Literal[
    "",
    "product",
    "pricing",
    "security",
    "integrations",
    "onboarding",
    "support",
    "playbook",
    "competitors",
    "verticals",
]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a passage stands."""

    document: str
    section: str
    slug: str
    url: str
    category: str


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """``score`` is 1.0 for the first of both searches; a rank is None where that search did not find it."""

    text: str
    source: Source
    score: float
    similarity: float
    full_text_rank: int | None
    vector_rank: int | None


@dataclass(frozen=True, slots=True)
class KnowledgeAnswer:
    """What the handbook says. ``best_score`` is 0.0 and ``passages`` empty where it says nothing."""

    query: str
    found: int
    best_score: float
    passages: list[FoundPassage]
    note: str = ""


@tool(
    idempotent=True,
    read_only=True,
    sample={"query": "What does it cost?", "top_k": 1},
    roles={"coach", "rag", "retriever", "session_director"},
    rate="10/min",
    cache_ttl_s=300,
    semantic="query",
    # Of the pairs in tests/tools/cache/questions.toml those that mean the same lie above it, all others below.
    semantic_threshold=0.9,
    timeout_s=5,
    tags={"knowledge"},
)
def knowledge_retriever(
    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)],
    top_k: Annotated[int, Field(ge=1, le=20)] = 5,
    category: CategoryName = "",
) -> KnowledgeAnswer:
    """Search the product handbook and return the passages that answer a question, with their sources.

    Use this before stating any fact about SalesBoost Coach: prices and discounts, features and limits,
    security, data residency, integrations, the API, onboarding, support and service levels, answers to
    objections, discovery questions, demo scripts, industries and competitors. It finds by meaning and by exact
    words, so full questions and product terms both work. Quote from the passages and name their source. An empty
    result means that the handbook says nothing about it: say that you do not know, and do not guess. It knows
    nothing about single customers: use crm_integration or profile_reader for them.

    Args:
        query: What you want to know, as a question or a few key words, in English. One subject a call: ask
            twice for two subjects. Put a phrase that must appear word for word in double quotes; exclude a word
            by a minus sign directly before it.
        top_k: How many passages to return at most, 1 to 20. 5 suits one question; take 10 for an overview.
        category: Search only this part of the handbook. Leave it empty unless a search over everything brought
            the wrong subject.
    """
    hits = search(query, limit=top_k, category=category)
    where = f" in the category {category!r}" if category else ""
    return KnowledgeAnswer(
        query=query,
        found=len(hits),
        best_score=round(hits[0].score, 4) if hits else 0.0,
        passages=[_passage(hit) for hit in hits],
        note="" if hits else f"The handbook has nothing about this{where}. Say so, or ask in other words.",
    )


def _passage(hit: Hit) -> FoundPassage:
    return FoundPassage(
        text=hit.body,
        source=Source(hit.title, hit.section, hit.slug, hit.url, hit.category),
        score=round(hit.score, 4),
        similarity=round(hit.similarity, 4),
        full_text_rank=hit.text_rank,
        vector_rank=hit.vector_rank,
    )
