"""What a page asks of whoever opens it."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required, user_passes_test
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied

# The permissions of pages, by what they let people do. All are Django's: of a model, or of its ``Meta``.
SEE_CALLS = "telemetry.view_span"
SEE_PAYLOADS = "telemetry.view_spanpayload"
SEE_INCIDENTS, CHANGE_INCIDENTS = "alerts.view_incident", "alerts.change_incident"
DECIDE_ERRORS = "errors.change_errorgroup"
SEE_JOBS = "jobs.view_job"
SEE_PROMPTS = "prompts.view_prompt"
SEE_EXPERIMENTS = "experiments.view_experiment"
SEE_CHOICE = "selection.view_loggeddecision"
EXPORT, SEE_ALL_EXPORTS = "exports.add_export", "exports.view_export"
SAVE_VIEWS = "dashboard.add_savedview"
EXECUTE = "tools.execute_tool"


def needs(*permissions: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view for who has one of *permissions*: others get a page that names them, and strangers the login."""

    def check(user: AbstractBaseUser | AnonymousUser) -> bool:
        if not any(may(user, permission) for permission in permissions):
            wanted = " or ".join(permissions)
            raise PermissionDenied(
                f"This wants the permission {wanted}: ask an admin for it, or for a group that has it."
            )
        return True

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        guarded: Callable[..., Any] = login_required(user_passes_test(check)(view))
        return guarded

    return decorate


def may(user: AbstractBaseUser | AnonymousUser | None, permission: str) -> bool:
    """Whether *user* is somebody who has *permission*."""
    return user is not None and user.is_active and bool(getattr(user, "has_perm", lambda _: False)(permission))
