"""The ready groups: viewer, operator and admin. Made once; what an admin takes from them stays away."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group, Permission, User

from salesboost.models import Granted

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
    "evolution.view_candidate",
    "evolution.view_deed",
    "evolution.view_evolution",
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
    """Make the groups that there are not, and name them; give those there are what this release has brought.

    A permission is given once: what an admin took away stays away. A group of before there was such a memory is
    given nothing. The very first time people who are in no group become viewers: before there were groups
    everybody might look.
    """
    is_first = not Group.objects.filter(name__in=GROUPS).exists()
    there = all_permissions()
    made = [name for name, wanted in GROUPS.items() if _ensure(name, picked(there, wanted or there))]
    if is_first:
        viewer = Group.objects.get(name="viewer")
        viewer.user_set.add(*User.objects.filter(groups=None, user_permissions=None, is_superuser=False))
    return made


def _ensure(name: str, wanted: Mapping[str, Permission]) -> bool:
    group, is_new = Group.objects.get_or_create(name=name)
    granted = set(Granted.objects.filter(group=name).values_list("permission", flat=True))
    if is_new:
        group.permissions.set(wanted.values())
    elif granted:
        group.permissions.add(*(wanted[each] for each in wanted.keys() - granted))
    rows = [Granted(group=name, permission=each) for each in sorted(wanted.keys() - granted)]
    Granted.objects.bulk_create(rows, ignore_conflicts=True)
    return is_new


def all_permissions() -> dict[str, Permission]:
    """Each by its name, ``app.codename``."""
    rows = Permission.objects.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}": row for row in rows}


def picked(there: Mapping[str, Permission], names: Iterable[str]) -> dict[str, Permission]:
    """Those of the *names*. Raises LookupError for one that there is not."""
    wanted = set(names)
    if missing := wanted - there.keys():
        raise LookupError(f"There is no permission {', '.join(sorted(missing))}.")
    return {name: there[name] for name in wanted}


def permissions(names: Iterable[str]) -> list[Permission]:
    """The permissions of the *names*, ``app.codename``. Raises LookupError for one that there is not."""
    return list(picked(all_permissions(), names).values())
