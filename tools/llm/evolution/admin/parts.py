"""What the pages of this room share: rows that the machinery writes, reasons, and links."""

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from tools.web.machine_made import ReadOnly


class ReasonForm(ActionForm):
    reason = forms.CharField(
        required=False, max_length=300, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Why"})
    )


class Written(ReadOnly, ModelAdmin):
    """Rows that nobody adds, edits or deletes by hand."""

    action_form = ReasonForm


def linked(address: str, text: str) -> SafeString:
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, text)
