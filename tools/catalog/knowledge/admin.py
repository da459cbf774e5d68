"""Admin pages of the handbook: documents are edited, with history; passages are only looked at."""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline

from tools.catalog.knowledge.models import Document, Passage


def forget_answers() -> None:
    """Drop the kept results of the tool in all processes, so that nobody is answered from an older document."""
    from tools.cache import clear_tool

    async_to_sync(clear_tool)("knowledge_retriever")


class PassageInline(TabularInline):
    """What the document was cut into, as the tool finds it."""

    model = Passage
    fields = readonly_fields = ["position", "section", "body"]
    extra = 0
    can_delete = False
    ordering = ["position"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Document)
class DocumentAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ["title", "category", "published", "passage_count", "updated_at"]
    list_filter = ["category", "published"]
    search_fields = ["title", "slug", "body"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [PassageInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).annotate(passage_total=Count("passages"))  # type: ignore[no-any-return]  # unfold is untyped

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_answers)

    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(forget_answers)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        super().delete_queryset(request, queryset)
        transaction.on_commit(forget_answers)

    @admin.display(description="Passages", ordering="passage_total")
    def passage_count(self, document: Any) -> int:
        return int(document.passage_total)
