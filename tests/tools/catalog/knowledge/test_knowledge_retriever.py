import pytest

from tools.catalog.knowledge.knowledge_retriever import knowledge_retriever
from tools.catalog.knowledge.seed import seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def handbook() -> None:
    seed()


@pytest.mark.usefixtures("handbook")
def test_an_answer_carries_the_passage_its_source_and_its_ranks():
    answer = knowledge_retriever("How long are recordings kept by default?", top_k=3)
    best = answer.passages[0]
    assert best.source.slug == "coach-review"
    assert best.source.section.endswith("Retention")
    assert "180 days" in best.text
    assert (best.full_text_rank, best.vector_rank, answer.best_score) == (1, 1, 1.0)
    assert answer.found == len(answer.passages) == 3
