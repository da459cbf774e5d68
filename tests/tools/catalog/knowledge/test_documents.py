"""Editing: what is saved is what is found."""

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from tools.catalog.knowledge.knowledge_retriever import knowledge_retriever
from tools.catalog.knowledge.models import Document, Passage
from tools.catalog.knowledge.search import search
from tools.catalog.knowledge.seed import HANDBOOK, read_handbook, seed

pytestmark = pytest.mark.django_db
BODY = "## Window\n\nRefunds are paid within ten days."


@pytest.fixture
def document():
    return Document.objects.create(slug="refunds", title="Refunds", category="pricing", body=BODY)


@pytest.fixture
def kept_answers(make_executor, monkeypatch):
    """How many answers the tool's cache holds; one at the start."""
    executor = make_executor(knowledge_retriever)
    monkeypatch.setattr("tools.cache.get_executor", lambda: executor)
    executor.execute_sync(name="knowledge_retriever", payload={"query": "refunds"}, caller_role="coach")
    executor.reporter.flush()

    def count():
        return async_to_sync(executor.state.cache_statistics)()["by_tool"]["knowledge_retriever"]["size"]

    assert count() == 1
    return count


def form(document, **changes):
    names = ["slug", "title", "category", "body", "url"]
    fields = {name: getattr(document, name) for name in names} | {"published": "on"} | changes
    return fields | {f"passages-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}


def test_an_edit_in_the_admin_is_found_at_once_and_kept_in_the_history(admin_client, admin_user, document):
    change = reverse("admin:knowledge_document_change", args=[document.pk])
    assert admin_client.get(change).status_code == 200
    answer = admin_client.post(change, form(document, body="## Window\n\nRefunds take three weeks, by cheque."))
    assert answer.status_code == 302
    assert [hit.body for hit in search("refund by cheque")] == ["Refunds take three weeks, by cheque."]
    newest, oldest = document.history.all()
    assert (oldest.body, newest.history_user) == (BODY, admin_user)
    page = admin_client.get(reverse("admin:knowledge_document_history", args=[document.pk]))
    assert admin_user.username in page.content.decode()


@pytest.mark.parametrize("action", ["change", "delete"])
def test_an_edit_in_the_admin_drops_the_answers_that_are_kept(
    admin_client, document, action, kept_answers, django_capture_on_commit_callbacks
):
    address = reverse(f"admin:knowledge_document_{action}", args=[document.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert admin_client.post(address, form(document) | {"post": "yes"}).status_code == 302
    assert kept_answers() == 0


def test_a_document_that_is_withdrawn_is_not_found(document):
    assert search("refunds")
    document.published = False
    document.save()
    assert search("refunds") == []
    assert not Passage.objects.exists()


def test_an_edit_that_fails_leaves_document_and_passages_as_they_were(document, monkeypatch):
    def broken(texts):
        raise RuntimeError("no memory")

    monkeypatch.setattr("tools.catalog.knowledge.models.embed", broken)
    document.body = "Something else entirely."
    with pytest.raises(RuntimeError):
        document.save()
    document.refresh_from_db()
    assert document.body == BODY
    assert document.passages.get().body == "Refunds are paid within ten days."


@pytest.mark.parametrize("sections", [1, 40])
def test_a_save_takes_the_same_queries_for_one_passage_and_for_many(sections, document, django_assert_num_queries):
    document.body = "\n\n".join(f"## Part {index}\n\n" + "word " * 70 for index in range(sections))
    # savepoint, update, history, delete, insert, release
    with django_assert_num_queries(6):
        document.save()
    assert document.passages.count() == sections


@pytest.mark.parametrize("more", [0, 30])
def test_the_list_takes_the_same_queries_for_one_document_and_for_many(
    admin_client, document, more, django_assert_num_queries
):
    for index in range(more):
        Document.objects.create(slug=f"page-{index}", title=f"Page {index}", body=BODY)
    page = reverse("admin:knowledge_document_changelist")
    admin_client.get(page)
    with django_assert_num_queries(5):
        assert admin_client.get(page).status_code == 200


def test_the_handbook_is_loaded_once_and_an_edited_page_is_left_alone():
    seed()
    edited = Document.objects.get(slug="faq")
    edited.body = "Mine."
    edited.save()
    seed()
    assert Document.objects.count() == len(list(HANDBOOK.glob("*.md"))) >= 40
    assert Document.objects.get(slug="faq").body == "Mine."


def test_every_page_of_the_handbook_is_complete():
    for page in read_handbook():
        page.clean_fields(exclude=["id"])
        assert 150 <= len(page.body.split()) <= 500, page.slug
        assert page.body.count("\n## ") + page.body.startswith("## ") >= 2, page.slug
