"""People and groups, in the looks of the rest of the admin."""

from typing import TYPE_CHECKING

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister([User, Group])


# Django's own UserAdmin takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    Users = UserAdmin[User]
else:
    Users = UserAdmin


@admin.register(User)
class PeopleAdmin(Users, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupsAdmin(GroupAdmin, ModelAdmin):
    pass


@admin.register(AccessAttempt)
class WrongPasswordsAdmin(ModelAdmin):
    """Wrong passwords of the last minutes, by account and address. To delete them lifts the lock."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "path_info")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "attempt_time", "path_info")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
