"""What the admin may do with rows that the machinery writes."""

from django.db.models import Model
from django.http import HttpRequest


class MadeByMachine:
    """For rows that the machinery writes: nobody adds or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(MadeByMachine):
    """And nobody edits them."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
