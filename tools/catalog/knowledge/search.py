"""Hybrid search: full text and vectors in one query, fused by reciprocal rank.

Each leg ranks at most 40 passages. A passage's score is the sum of 1 / (60 + rank) over the legs that found
it (Cormack, Clarke and Büttcher, SIGIR 2009), divided by the highest possible sum, so that 1 means first in both.

A rank says nothing about relevance: the best of many bad passages is first too. So an answer is given only if one
of the passages is near enough to the question, or holds more than half of its words.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from pgvector import Vector

from tools.process.embedding import embed

K = 60
# What one HNSW scan returns at most by default (hnsw.ef_search).
CANDIDATES = 40
# An answer is relevant by the highest cosine similarity, or by the share of the question's words in one passage.
# Measured: docs/catalog-knowledge.md.
LEAST_SIMILARITY = 0.28
LEAST_COVERAGE = 0.51
LEGS = frozenset({"full_text", "vector"})

# `strict` holds every word; `loose` any of them, for questions in sentences, which seldom find all their words in
# one passage. A query that excludes a word (-word) is taken strictly, in both legs.
_SQL = """
WITH question AS MATERIALIZED (
    SELECT strict,
           tsvector_to_array(to_tsvector('english', %(query)s)) AS words,
           strict::text LIKE '%%!%%' AS excludes,
           CASE WHEN strict::text LIKE '%%!%%' THEN strict ELSE loose END AS wanted
    FROM (SELECT websearch_to_tsquery('english', %(query)s) AS strict,
                 replace(plainto_tsquery('english', %(query)s)::text, ' & ', ' | ')::tsquery AS loose) AS parsed
), text_leg AS (
    SELECT id, row_number() OVER (ORDER BY exact DESC, weight DESC, id) AS rank
    FROM (SELECT passage.id, search @@ strict AS exact, ts_rank(search, wanted, 1) AS weight
          FROM question, knowledge_passage passage JOIN knowledge_document document ON document.id = document_id
          -- asked by a subquery, so that the planner may look the words up in the index
          WHERE search @@ (SELECT wanted FROM question)
              AND (%(category)s = '' OR category = %(category)s) AND %(use_text)s) AS found
    ORDER BY rank
    LIMIT %(candidates)s
), vector_leg AS (
    SELECT id, row_number() OVER (ORDER BY distance, id) AS rank
    FROM (SELECT passage.id, embedding <=> %(embedding)s::vector AS distance
          {nearest}
          LIMIT %(candidates)s) AS nearest
    WHERE %(use_vector)s
), fused AS (
    SELECT id, text_leg.rank AS text_rank, vector_leg.rank AS vector_rank,
           coalesce(1.0 / (%(k)s + text_leg.rank), 0) + coalesce(1.0 / (%(k)s + vector_leg.rank), 0) AS score
    FROM text_leg FULL JOIN vector_leg USING (id)
)
SELECT slug, title, url, category, section, body, score, text_rank, vector_rank, similarity
FROM (
    SELECT passage.*, slug, title, url, category, score, text_rank, vector_rank, similarity,
           max(similarity) OVER () AS best_similarity,
           max(CASE WHEN search @@ strict THEN 1 ELSE coverage END) OVER () AS best_coverage
    FROM fused
    JOIN knowledge_passage passage USING (id)
    JOIN knowledge_document document ON document.id = document_id
    CROSS JOIN question
    CROSS JOIN LATERAL (
        SELECT coalesce(nullif(1 - (embedding <=> %(embedding)s::vector), 'NaN'), 0) AS similarity,
               (SELECT count(*) FROM unnest(words) AS word WHERE word = ANY(tsvector_to_array(search)))
                   / greatest(cardinality(words), 1)::float AS coverage
    ) AS near
    WHERE NOT excludes OR search @@ strict
) AS found
WHERE best_similarity >= %(least_similarity)s OR best_coverage >= %(least_coverage)s
ORDER BY score DESC, similarity DESC, id
LIMIT %(limit)s
"""
_NEAREST = """FROM knowledge_passage passage ORDER BY embedding <=> %(embedding)s::vector"""
# An HNSW scan filters after it has found its 40, and might be left with none: within a category the passages are
# sorted in full. The sum keeps the planner from the index.
_NEAREST_OF_CATEGORY = """
          FROM knowledge_passage passage JOIN knowledge_document document ON document.id = document_id
          WHERE category = %(category)s ORDER BY (embedding <=> %(embedding)s::vector) + 0"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. A rank is None where that leg did not find it."""

    slug: str
    title: str
    url: str
    category: str
    section: str
    body: str
    score: float
    text_rank: int | None
    vector_rank: int | None
    similarity: float


def search(query: str, *, limit: int = 5, category: str = "", legs: Collection[str] = LEGS) -> list[Hit]:
    """The passages that answer *query*, best first, by one SQL query; none if nothing is about it.

    ``category`` keeps to one ``Category``; ``legs`` leaves one of the two searches out, for comparison.
    """
    arguments = {
        "query": query,
        "embedding": Vector(embed([query])[0]).to_text(),
        "category": category,
        "use_text": "full_text" in legs,
        "use_vector": "vector" in legs,
        "candidates": CANDIDATES,
        "k": K,
        "least_similarity": LEAST_SIMILARITY,
        "least_coverage": LEAST_COVERAGE,
        "limit": limit,
    }
    sql = _SQL.format(nearest=_NEAREST_OF_CATEGORY if category else _NEAREST)
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return [_hit(row) for row in cursor.fetchall()]


def _hit(row: tuple[Any, ...]) -> Hit:
    hit = Hit(*row)
    return replace(hit, score=float(hit.score) * (K + 1) / 2)
