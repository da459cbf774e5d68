"""Choice: the groups, and of one of them who was chosen when, why, and what that missed."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.periods import Window
from dashboard.addresses.selection import Selection
from dashboard.charts.figure_parts import bar_seconds
from dashboard.frame.access import SEE_CHOICE, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.choice import charts, queries, replaying, tables
from dashboard.wording import formats
from tools.selection import live
from tools.selection.group import Group
from tools.selection.members import closed_now

TEMPLATE, PARTS = "dashboard/choice.html", ("pulse", "groups")
TEMPLATE_OF_ONE = "dashboard/choice_group.html"
LAST_SHOWN = 20


@require_GET
@needs(SEE_CHOICE)
def index(request: HttpRequest) -> HttpResponse:
    selection = Selection.from_query(request.GET.dict())
    return render(request, TEMPLATE, {**chrome("choice", selection), **context(selection, timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that is pushed of the list. One query; the groups of the admin are known to this process."""
    window = selection.period.window(now)
    rows = tables.group_rows(queries.came_to(window), live.current())
    return {
        "now": now,
        "selection": selection,
        "enabled": settings.TOOL_BANDIT_ENABLED,
        "groups": rows[: queries.MOST_GROUPS],
        "has_more": len(rows) > queries.MOST_GROUPS,
    }


@require_GET
@needs(SEE_CHOICE)
def detail(request: HttpRequest, name: str) -> HttpResponse:
    """One group, as of now. Three queries, and two more for a replay."""
    now = timezone.now()
    selection = Selection.from_query(request.GET.dict())
    last = queries.last(name, LAST_SHOWN)
    in_admin = live.named(name)
    group = replaying.group_logged(name, last[0] if last else None, in_admin)
    if group is None:
        raise Http404(f"Nothing was ever chosen from a group {name[:200]}, and none stands in the admin.")
    window = selection.period.window(now)
    members = queries.came_to(window, name).get(name, {})
    grid = queries.over_time(window, name, bar_seconds(window))
    rows = tables.member_rows(members, group, closed_now(group))
    missed = charts.missed(window, grid, members)
    shown = {
        "now": now,
        "group": group,
        "stands_in_admin": in_admin is not None,
        "summary": tables.row_of(name, members, group),
        "worth": tables.weights_words(group.weights.latency_per_s, group.weights.cost_per_usd),
        "half_life": formats.span_of(group.half_life_s) if group.half_life_s else "",
        "feedback_within": formats.span_of(group.feedback_within_s),
        "members": rows,
        "legend": tables.legend(rows),
        "bar_words": formats.span_words(bar_seconds(window)),
        "share_figure": charts.share_over_time(window, grid, rows),
        "share_table": charts.share_table(window, grid, rows),
        "regret_figure": charts.regret_over_time(window, missed),
        "regret_table": missed[::-1],
        "last": last,
        **replay_of(request.GET.get("replay", ""), group, window),
    }
    return render(request, TEMPLATE_OF_ONE, {**chrome("choice-group", selection), **shown, "section": "choice"})


def replay_of(name: str, group: Group, window: Window) -> dict[str, Any]:
    """What the card of the replay shows: its form and, where a policy was asked for, what it says."""
    asked = replaying.asked(group, name)
    found = replaying.said(window, *asked) if asked else None
    return {
        "replay": name,
        "replay_choices": replaying.choices(group),
        "replayed": found,
        "estimates": replaying.rows(found) if found else [],
        "most_replayed": queries.MOST_REPLAYED,
    }
