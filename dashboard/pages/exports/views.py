"""Exports: ask for one, see how far each is, fetch its file."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from dashboard.addresses import periods
from dashboard.frame.access import EXPORT, SEE_ALL_EXPORTS, SEE_PAYLOADS, may, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.exports.tables import row_of
from telemetry.exports import control, files, limits
from telemetry.exports.formats import FORMATS
from telemetry.exports.models import Export, State
from telemetry.exports.request import Refused, new_export

TEMPLATE = "dashboard/exports.html"
SHOWN = 50
READ_BYTES = 1 << 18


@require_safe
@needs(EXPORT)
def index(request: HttpRequest) -> HttpResponse:
    """The form, filled in from the address (``q``, ``period``, ``format``), and the list."""
    return page(request, request.GET.dict())


@require_POST
@needs(EXPORT)
def start(request: HttpRequest) -> HttpResponse:
    """Begin an export, and show the list; with a wrong query, the form again and what is wrong with it."""
    given = request.POST.dict()
    now = timezone.now()
    period = periods.find(given.get("period"))
    try:
        export = new_export(
            query=given.get("q", ""),
            period=(now - timedelta(seconds=period.seconds), now),
            now=now,
            format=given.get("format", ""),
            with_payloads="payloads" in given,
        )
        if export.with_payloads and not may(request.user, SEE_PAYLOADS):
            raise Refused(f"Arguments, results and messages want the permission {SEE_PAYLOADS}: export without.")
        control.submit(export, user_of(request), now)
    except (Refused, control.TooMany) as error:
        return page(request, given, error)
    return redirect("exports")


@require_GET
@needs(EXPORT)
def listed(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page that asks again while an export is open. One query beside the login's."""
    return render(request, f"{TEMPLATE}#listed", list_context(request, timezone.now()))


@require_POST
@needs(EXPORT)
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel an export that waits or runs, or delete the file of one that is done."""
    export, now = find(request.user, pk), timezone.now()
    if not control.cancel(export, now):
        control.discard(export, now)
    return redirect("exports")


@require_GET
@needs(EXPORT)
async def download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The file, piece by piece; for who asked for it and for who may see everybody's."""
    export = await sync_to_async(find_to_read)(await request.auser(), pk)
    path = files.final(export)
    if export.state != State.DONE or not path.exists():
        raise Http404("The file is not there: it is not written yet, or its time is over. Export it again.")
    headers = {
        "Content-Disposition": f'attachment; filename="{export.download_name}"',
        "Content-Length": str(path.stat().st_size),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(pieces(path), content_type=export.kind.content_type, headers=headers)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, READ_BYTES):
            yield piece


def page(request: HttpRequest, given: dict[str, str], error: Exception | None = None) -> HttpResponse:
    now = timezone.now()
    context = {
        **chrome("exports"),
        **list_context(request, now),
        "given": {**given, "format": given.get("format") or "csv"},
        "error": error,
        "selected": periods.find(given.get("period")),
        "all_periods": list(periods.PERIODS.values()),
        "formats": FORMATS,
        "limits": limits,
    }
    return render(request, TEMPLATE, context, status=400 if error else 200)


def list_context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """One query."""
    found = list(visible(request.user).select_related("created_by")[:SHOWN])
    return {"rows": [row_of(export, now) for export in found], "polling": any(each.is_open for each in found)}


def visible(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Export]:
    """Their own exports, and everybody's for who may see those."""
    return Export.objects.all() if may(user, SEE_ALL_EXPORTS) else Export.objects.filter(created_by=user.pk)


def find(user: AbstractBaseUser | AnonymousUser, pk: UUID) -> Export:
    """Raises Http404 for an export that is not there or somebody else's."""
    export = visible(user).filter(pk=pk).first()
    if export is None:
        raise Http404("There is no such export, or it is somebody else's.")
    return export


def find_to_read(user: AbstractBaseUser | AnonymousUser, pk: UUID) -> Export:
    """As ``find``. Raises PermissionDenied where the file has payloads, and *user* may not see those."""
    export = find(user, pk)
    if export.with_payloads and not may(user, SEE_PAYLOADS):
        raise PermissionDenied(
            f"The file has arguments, results and messages: it wants the permission {SEE_PAYLOADS}."
        )
    return export


def user_of(request: HttpRequest) -> AbstractBaseUser:
    assert not isinstance(request.user, AnonymousUser)
    return request.user
