"""Customers, contacts and deals, edited under the same versions that the tool checks."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.cache.editing import DropsResults
from tools.catalog.sales.crm.entities import ENTITIES
from tools.catalog.sales.crm.finding import matching
from tools.catalog.sales.models import Contact, Customer, Deal, Versioned
from tools.catalog.sales.models.searching import words_of
from tools.state.base import tag_of_tool

STALE = "It was changed by somebody else since you opened it, and nothing was saved. Here is how it is now."
# The stubs want the form's model, which Django's class cannot take.
if TYPE_CHECKING:
    _Form = forms.ModelForm[Versioned]
else:
    _Form = forms.ModelForm


class StaleEdit(Exception):
    """The row moved on while its form was open."""


class VersionedForm(_Form):
    """A form that remembers which version it shows."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.version


class VersionedAdmin(DropsResults, SimpleHistoryAdmin, ModelAdmin):
    """Searches as the tool does; an edit of a row that was changed meanwhile is refused, not merged."""

    # All of them: a record may change hands, and pages of records hold several.
    drops = [tag_of_tool("crm_integration"), tag_of_tool("profile_reader")]
    form = VersionedForm
    readonly_fields = ["version", "created_at", "updated_at"]
    list_per_page = 50
    show_full_result_count = False
    history_list_display = ["version"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).defer("search")
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = words_of(search_term)
        entity = ENTITIES[self.model.__name__.lower()]
        return (matching(queryset, entity, words) if words else queryset), False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except StaleEdit:  # has rolled back the view's transaction
            messages.error(request, STALE)
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Claim the version that the form showed, by the same conditional update as the tool; then save."""
        if change:
            seen = form.cleaned_data.get("seen_version") or 0
            if not self.model.objects.change(obj.pk, version=seen):
                raise StaleEdit
            obj.version, obj.updated_at = self.model.objects.values_list("version", "updated_at").get(pk=obj.pk)
        super().save_model(request, obj, form, change)


@admin.register(Customer)
class CustomerAdmin(VersionedAdmin):
    list_display = ["code", "name", "industry", "country", "segment", "status", "owner", "health_score"]
    list_display_links = ["code", "name"]
    list_filter = ["status", "segment", "country", "owner", "industry"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "industry", "country", "city", "employees", "segment", "website"]}),
        ("Relationship", {"fields": ["status", "owner", "health_score", "customer_since", "last_contact_on"]}),
        ("How to reach them", {"fields": ["email", "phone", "language", "preferred_channel", "notes"]}),
        (
            "Confidential",
            {
                "fields": [
                    *("currency", "annual_revenue", "credit_limit", "payment_terms_days"),
                    *("discount_limit_pct", "tax_id"),
                ],
                "description": "profile_reader shows these to the roles that profile access names.",
            },
        ),
        ("Record", {"fields": ["version", "created_at", "updated_at", "seen_version"]}),
    ]


@admin.register(Contact)
class ContactAdmin(VersionedAdmin):
    list_display = ["code", "full_name", "job_title", "customer", "influence", "email", "may_be_marketed_to"]
    list_display_links = ["code", "full_name"]
    list_filter = ["influence", "may_be_marketed_to", "language"]
    list_select_related = ["customer"]
    search_fields = ["last_name"]
    autocomplete_fields = ["customer"]


@admin.register(Deal)
class DealAdmin(VersionedAdmin):
    list_display = ["code", "name", "customer", "stage", "amount", "currency", "expected_close_on", "owner"]
    list_display_links = ["code", "name"]
    list_filter = ["stage", "currency", "owner"]
    list_select_related = ["customer"]
    search_fields = ["name"]
    autocomplete_fields = ["customer", "contact"]
    date_hierarchy = "expected_close_on"
