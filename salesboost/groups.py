"""The ready groups: viewer, operator and admin. Made once; what an admin changes in them stays."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

VIEWER = (
    "telemetry.view_span",
    "alerts.view_incident",
    "errors.view_errorgroup",
    "jobs.view_job",
    "selection.view_loggeddecision",
    "dashboard.view_savedview",
    "dashboard.add_savedview",
    "tools.view_tool",
)
OPERATOR = (
    *VIEWER,
    "telemetry.view_spanpayload",
    "alerts.change_incident",
    "alerts.view_rule",
    "alerts.view_delivery",
    "alerts.change_delivery",
    "errors.change_errorgroup",
    "evaluation.view_caseresult",
    "evaluation.view_run",
    "exports.add_export",
    "jobs.change_job",
    "jobs.view_jobitem",
    "jobs.view_deadletter",
    "jobs.change_deadletter",
    "prompts.view_prompt",
    "adjusting.view_rungstanding",
    "adjusting.view_rungmove",
    "selection.view_selectiongroup",
    "experiments.view_experiment",
    "providers.view_deployment",
    "providers.view_model",
    "providers.view_route",
    "providers.view_routeentry",
    "tools.change_tool",
    "tools.execute_tool",
    "tools.hold_breaker",
    "tools.clear_cache",
)
# By name; None: every permission there is.
GROUPS: dict[str, tuple[str, ...] | None] = {"viewer": VIEWER, "operator": OPERATOR, "admin": None}


def ensure_groups() -> list[str]:
    """Make the groups that there are not, and name them.

    The very first time people who are in no group become viewers: before there were groups everybody might look.
    """
    is_first = not Group.objects.filter(name__in=GROUPS).exists()
    made = [name for name, wanted in GROUPS.items() if _ensure(name, wanted)]
    if is_first:
        viewer = Group.objects.get(name="viewer")
        viewer.user_set.add(*User.objects.filter(groups=None, user_permissions=None, is_superuser=False))
    return made


def _ensure(name: str, wanted: tuple[str, ...] | None) -> bool:
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        group.permissions.set(Permission.objects.all() if wanted is None else permissions(wanted))
    return is_new


def permissions(names: Iterable[str]) -> list[Permission]:
    """The permissions of the *names*, ``app.codename``. Raises LookupError for one that there is not."""
    wanted = {tuple(name.split(".", 1)) for name in names}
    either = Q(pk__in=[])
    for app, codename in wanted:
        either |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(either).select_related("content_type"))
    missing = wanted - {(each.content_type.app_label, each.codename) for each in found}
    if missing:
        raise LookupError(f"There is no permission {', '.join('.'.join(each) for each in sorted(missing))}.")
    return found
