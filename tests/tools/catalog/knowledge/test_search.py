import pytest
from django.db import connection

from tools.catalog.knowledge.models import Document
from tools.catalog.knowledge.search import search

pytestmark = pytest.mark.django_db


def make_document(slug="refunds", body="Refunds are paid within ten days.", **fields):
    return Document.objects.create(**{"slug": slug, "title": slug.title(), "body": body, **fields})


@pytest.mark.usefixtures("handbook")
def test_a_search_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert search("How long are recordings kept?", limit=20)


@pytest.mark.usefixtures("handbook")
def test_a_score_is_that_of_reciprocal_rank_fusion():
    for hit in search("How long are recordings kept by default?", limit=20):
        ranks = [rank for rank in (hit.text_rank, hit.vector_rank) if rank]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks) * 61 / 2)


@pytest.mark.usefixtures("handbook")
def test_hits_come_best_first_and_none_twice():
    hits = search("discount for a longer contract", limit=20)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({(hit.slug, hit.body) for hit in hits}) == len(hits) == 20


@pytest.mark.usefixtures("handbook")
def test_a_category_is_searched_alone_and_in_full():
    hits = search("How is data encrypted, and who may see it?", category="security", limit=20)
    assert len(hits) == 20
    assert {hit.category for hit in hits} == {"security"}


@pytest.mark.usefixtures("handbook")
def test_an_excluded_word_is_in_no_passage_and_a_quoted_phrase_in_the_first():
    hits = search("discount -approval", limit=20)
    assert hits
    assert not [hit for hit in hits if "approval" in (hit.title + hit.section + hit.body).lower()]
    assert "four eyes" in (hits := search('"four eyes"'))[0].body.lower() + hits[0].section.lower()


def test_words_are_found_in_another_form_and_in_any_order():
    make_document()
    assert [hit.text_rank for hit in search("paying a refund")] == [1]


@pytest.mark.parametrize(
    "query", ["the", "!!! & | <->", "a:*b", "'", "%s %(x)s", "\\", "-", '"', "what is it?", "日本語"]
)
def test_a_query_without_words_is_answered_without_an_error(query):
    make_document()
    assert isinstance(search(query), list)


def test_nothing_is_found_where_there_is_nothing():
    assert search("refunds") == []


@pytest.mark.parametrize(
    ("index", "other_way", "category", "used"),
    [
        ("passage_search", "enable_indexscan", "", True),
        ("passage_embedding", "enable_bitmapscan", "", True),
        # It would be asked for the 40 nearest of all categories.
        ("passage_embedding", "enable_sort", "product", False),
    ],
)
def test_both_indexes_can_be_used_but_not_that_of_vectors_within_a_category(index, other_way, category, used):
    make_document(body="\n\n".join(f"## Part {part}\n\nRefund {part}. " + "word " * 60 for part in range(100)))
    plan = []

    def explain(run, sql, params, many, context):
        run("EXPLAIN " + sql, params, many, context)
        plan.extend(row[0][:200] for row in context["cursor"].fetchall())
        return run(sql, params, many, context)

    with connection.cursor() as cursor:
        # So few passages are read faster in full; what counts is that the planner has the choice.
        cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL {other_way} = off")
    with connection.execute_wrapper(explain):
        search("refund 7", category=category)
    assert any(index in line for line in plan) is used
