"""Routes in the admin: a name, and its deployments in their order."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from tools.llm.providers.admin.models import warn
from tools.llm.providers.admin.refreshing import refresh_after_commit
from tools.llm.providers.models import Route, RouteEntry

# Django's own classes take no type parameters; their stubs ask for them.
if TYPE_CHECKING:
    Entries = BaseInlineFormSet[RouteEntry, Route, forms.ModelForm[RouteEntry]]
else:
    Entries = BaseInlineFormSet


class EntriesFormSet(Entries):
    def validate_unique(self) -> None:
        """Done in ``clean``, in words of ours."""

    def clean(self) -> None:
        """Refuses a route that has nobody to ask, or somebody twice."""
        chosen = [
            form.cleaned_data["deployment"].name
            for form in self.forms
            if form.cleaned_data.get("deployment") and not form.cleaned_data.get("DELETE")
        ]
        if not chosen and not any(self.errors):
            raise forms.ValidationError("A route needs a deployment: give it one.")
        if twice := sorted({name for name in chosen if chosen.count(name) > 1}):
            raise forms.ValidationError(f"{', '.join(twice)} is there twice: give it a weight instead.")


class EntryInline(TabularInline):
    model = RouteEntry
    formset = EntriesFormSet
    extra = 1
    hide_title = True
    fields = ("deployment", "rank", "weight", "rate")
    autocomplete_fields = ("deployment",)


@admin.register(Route)
class RouteAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ("name", "order")
    search_fields = ("name", "entries__deployment__name")
    fields = ("name",)
    inlines = (EntryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Route]:
        routes: QuerySet[Route] = super().get_queryset(request)
        entries = RouteEntry.objects.select_related("deployment__model").defer("deployment__key")
        return routes.prefetch_related(Prefetch("entries", entries))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Route | None:
        found: Route | None = super().get_object(request, object_id, from_field)
        if found is not None:
            models = [entry.deployment.model for entry in found.entries.all()]
            warn(request, [(str(model), model.ending) for model in models])
        return found

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh_after_commit()

    def delete_model(self, request: HttpRequest, obj: Route) -> None:
        super().delete_model(request, obj)
        refresh_after_commit()

    @display(description="who is asked, in this order")
    def order(self, route: Route) -> str:
        """`claude, then sol or luna`: those of one rank are asked by their weights."""
        ranks: dict[int, list[str]] = {}
        for entry in route.entries.all():
            ranks.setdefault(entry.rank, []).append(entry.deployment.name)
        return ", then ".join(" or ".join(names) for names in ranks.values()) or "–"
