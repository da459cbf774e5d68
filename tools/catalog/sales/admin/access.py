"""Which role may see which profile field, as a list of boxes to tick."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tools.cache.editing import DropsResults
from tools.catalog.sales.models import PROFILE_FIELDS, ProfileAccess
from tools.catalog.sales.models.access import profile_field_choices
from tools.state.base import tag_of_tool

# The stubs want the form's model, which Django's class cannot take.
if TYPE_CHECKING:
    _Form = forms.ModelForm[ProfileAccess]
else:
    _Form = forms.ModelForm


class ProfileAccessForm(_Form):
    may_see = forms.MultipleChoiceField(
        choices=profile_field_choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False
    )


@admin.register(ProfileAccess)
class ProfileAccessAdmin(DropsResults, SimpleHistoryAdmin, ModelAdmin):
    drops = [tag_of_tool("profile_reader")]
    form = ProfileAccessForm
    list_display = ["role", "visible", "reason"]
    search_fields = ["role"]

    @admin.display(description="fields it may see")
    def visible(self, access: ProfileAccess) -> str:
        return f"{len(access.may_see)} of {len(PROFILE_FIELDS)}"
