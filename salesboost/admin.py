"""People and groups, in the looks of the rest of the admin."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
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
