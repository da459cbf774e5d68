"""Questions in other words share an answer, and questions that only sound alike do not."""

import asyncio
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import tool
from tools.cache.semantic.guard import guard, least_likeness
from tools.catalog.knowledge.knowledge_retriever import knowledge_retriever
from tools.models import KeptQuestion
from tools.process.embedding import embed

PAIRS = tomllib.loads(Path(__file__).with_name("questions.toml").read_text())
THRESHOLD = knowledge_retriever.policy.semantic_threshold
asked = []


def share(one, other):
    """Whether the answer to *one* would be given to *other*."""
    here, there = embed([one, other])
    likeness = sum(x * y for x, y in zip(here, there, strict=True))
    return guard(one) == guard(other) and likeness >= least_likeness(other, THRESHOLD)


@pytest.mark.parametrize("pair", PAIRS["other"], ids=" | ".join)
def test_questions_that_only_sound_alike_share_no_answer(pair):
    assert not share(*pair)
    assert not share(*reversed(pair))


def test_nearly_all_questions_that_mean_the_same_share_an_answer():
    found = [pair for pair in PAIRS["same"] if share(*pair)]
    assert len(found) >= 0.85 * len(PAIRS["same"])


@given(one=st.integers(0, 10**9), other=st.integers(0, 10**9))
@settings(max_examples=50)
def test_another_number_is_another_question(one, other):
    assert (guard(f"the price for {one} seats") == guard(f"price for {other} seats")) is (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order of 2026-01-05", "order of 2026-01-06"),
        ("deal DEAL001", "deal DEAL002"),
        ("is it included", "isn't it included"),
        ("does it include SAML", "does it include SCIM"),
        ('find "call notes"', 'find "call summary"'),
        ("plans with support", "plans without support"),
        ("from basic to pro", "from pro to basic"),
        ("at 99.9%", "at 99.5%"),
        ("mail ann@x.example", "mail bob@x.example"),
    ],
)
def test_the_guard_keeps_apart_what_differs_by_one_mark(one, other):
    assert guard(one) != guard(other)


def test_a_word_more_counts_less_in_a_long_text_so_it_has_to_be_more_alike():
    assert least_likeness("word " * 8, 0.9) == pytest.approx(0.9)
    assert least_likeness("word " * 16, 0.9) == pytest.approx(0.95)


@tool(cache_ttl_s=60, semantic="question", semantic_threshold=0.9, reads="handbook")
async def answer(question: str, pages: int = 1) -> str:
    """Answers."""
    asked.append(question)
    return question


@tool(writes="handbook")
async def edit(text: str) -> str:
    """Edits what is read."""
    return text


@pytest.fixture
def ask(transactional_db, make_executor):
    asked.clear()
    executor = make_executor(answer, edit)

    async def one(question, name="answer", **payload):
        payload = {"text": "x"} if name == "edit" else {"question": question, **payload}
        result = await executor.execute(name=name, payload=payload)
        await executor.flush()
        return result

    return one


def remembered(count):
    """Questions are noted in the background."""
    deadline = time.monotonic() + 10
    while KeptQuestion.objects.count() != count and time.monotonic() < deadline:
        time.sleep(0.01)
    return KeptQuestion.objects.count() == count


QUESTION, SAME, OTHER = "how do I export my recordings", "how can I export my recordings?", "how do I import deals"


async def test_the_same_question_in_other_words_gets_the_kept_answer(ask):
    await ask(QUESTION)
    assert await asyncio.to_thread(remembered, 1)
    found = await ask(SAME)
    assert (found.result, found.cache, asked) == (QUESTION, "semantic", [QUESTION])
    assert (await ask(SAME)).cache == "hit"


async def test_its_likeness_stands_on_the_span(spans, ask):
    await ask(QUESTION)
    assert await asyncio.to_thread(remembered, 1)
    await ask(SAME)
    attributes = spans.get_finished_spans()[-1].attributes
    assert attributes["salesboost.cache"] == "semantic"
    assert 0.9 < attributes["salesboost.cache.similarity"] < 1


async def test_other_arguments_and_other_questions_run_the_tool(ask):
    await ask(QUESTION)
    assert await asyncio.to_thread(remembered, 1)
    assert (await ask(SAME, pages=2)).cache == "miss"
    assert (await ask(OTHER)).cache == "miss"


async def test_a_write_drops_it_and_so_does_its_time(ask, clock):
    await ask(QUESTION)
    assert await asyncio.to_thread(remembered, 1)
    await ask("", name="edit")
    assert (await ask(SAME)).cache == "miss"
    assert await asyncio.to_thread(remembered, 2)
    clock.now += 61
    assert (await ask("how can I export recordings of mine?")).cache == "miss"


async def test_nothing_of_a_question_is_stored_but_its_vector(ask):
    await ask(QUESTION)
    assert await asyncio.to_thread(remembered, 1)
    row = (await asyncio.to_thread(lambda: list(KeptQuestion.objects.values())))[0]
    assert "recordings" not in repr(row)


async def test_without_postgres_the_tool_runs(ask, monkeypatch, caplog):
    def away(*arguments):
        raise OSError("gone")

    monkeypatch.setattr("tools.cache.semantic.questions.find", away)
    assert (await ask(QUESTION)).cache == "miss"
    assert "not found" in caplog.text
