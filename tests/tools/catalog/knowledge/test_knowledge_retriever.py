"""The tool as callers meet it."""

import pytest

from tools.catalog.knowledge.knowledge_retriever import knowledge_retriever
from tools.catalog.knowledge.models import Category
from tools.catalog.knowledge.seed import seed
from tools.errors import InvalidArguments, NotAuthorized

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("handbook")
def test_an_answer_carries_the_passage_its_source_and_its_ranks():
    answer = knowledge_retriever("How long are recordings kept by default?", top_k=3)
    best = answer.passages[0]
    assert best.source.slug == "retention-and-deletion"
    assert best.source.document == "How long data is kept, and how it is deleted"
    assert best.source.url.endswith("/retention-and-deletion")
    assert best.source.section.startswith("Defaults")
    assert "180 days" in best.text
    assert (best.full_text_rank, best.vector_rank, best.score, answer.best_score) == (1, 1, 1.0, 1.0)
    assert answer.found == len(answer.passages) == 3
    assert answer.note == ""


@pytest.mark.usefixtures("handbook")
def test_what_the_handbook_does_not_know_is_answered_honestly():
    answer = knowledge_retriever("How do I bake sourdough bread?")
    assert (answer.found, answer.best_score, answer.passages) == (0, 0.0, [])
    assert answer.note == "The handbook has nothing about this. Say so, or ask in other words."


@pytest.mark.django_db(transaction=True)
async def test_the_payload_that_people_send_already_works(make_executor):
    from asgiref.sync import sync_to_async

    await sync_to_async(seed)()
    executor = make_executor(knowledge_retriever)
    call = {"name": "knowledge_retriever", "payload": {"query": "API requests per minute", "top_k": 2}}
    for role in ("coach", "rag", "retriever", "session_director"):
        result = await executor.execute(**call, caller_role=role)
        assert result.result["passages"][0]["source"]["slug"] == "api-limits"
        assert len(result.result["passages"]) == 2
    with pytest.raises(NotAuthorized):
        await executor.execute(**call, caller_role="stranger")


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ({}, "'query'"),
        ({"query": "   "}, "at least 1 character"),
        ({"query": "x", "top_k": 21}, "less than or equal to 20"),
        ({"query": "x", "category": "prices"}, "pricing"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_a_sentence(payload, sentence):
    with pytest.raises(InvalidArguments, match=sentence):
        knowledge_retriever.schema.validate(payload)


def test_a_model_is_told_every_category_and_every_argument():
    properties = knowledge_retriever.schema.parameters["properties"]
    assert properties["category"]["enum"] == ["", *Category.values]
    assert all(len(argument["description"]) >= 40 for argument in properties.values())
    policy = knowledge_retriever.policy
    assert policy.roles == {"coach", "rag", "retriever", "session_director"}
    assert (str(policy.rate), policy.cache_ttl_s, policy.timeout_s) == ("10/min", 300, 5)
