"""Admin pages of the handbook: documents are edited, with history; passages are only looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline

from tools.cache.editing import DropsResults
from tools.catalog.knowledge.models import Document, Passage
from tools.state.base import tag_of_tool


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
class DocumentAdmin(DropsResults, SimpleHistoryAdmin, ModelAdmin):
    drops = [tag_of_tool("knowledge_retriever")]
    list_display = ["title", "category", "published", "passage_count", "updated_at"]
    list_filter = ["category", "published"]
    search_fields = ["title", "slug", "body"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [PassageInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).annotate(passage_total=Count("passages"))  # type: ignore[no-any-return]  # unfold is untyped

    @admin.display(description="Passages", ordering="passage_total")
    def passage_count(self, document: Any) -> int:
        return int(document.passage_total)
