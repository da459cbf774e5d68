"""Playground: begin a conversation with a model, or open one that is kept by its address."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.frame.access import EXECUTE, SEE_PAYLOADS, may, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.playground import choices
from dashboard.pages.playground.said import Said, said_in
from tools.llm.chat.models import Kept
from tools.llm.transcript import Transcript
from tools.llm.transcript.stored import NotStored, read
from tools.web.access import ANY_ROLE, client_of_login

TEMPLATE = "dashboard/playground.html"
FROM_ADDRESS = ("route", "prompt", "label", "system", "effort")


@require_GET
@needs(EXECUTE)
def begin(request: HttpRequest) -> HttpResponse:
    """A conversation before its first word; the address may fill in the form (``?route=…&tools=…``)."""
    asked: dict[str, Any] = {name: request.GET.get(name, "") for name in FROM_ADDRESS}
    asked["tools"] = request.GET.getlist("tools")
    context = {"said": [], "can_go_on": True}
    return render(request, TEMPLATE, {**context, **around(request, f"play-{uuid4().hex}", asked)})


@require_GET
@needs(EXECUTE, SEE_PAYLOADS)
def conversation(request: HttpRequest, session_id: str) -> HttpResponse:
    """The conversation *session_id*, for who began it to go on with, and for who may see payloads to read."""
    kept = Kept.objects.filter(pk=session_id).first()
    if kept is None:
        raise Http404(
            f"Nothing is kept of a conversation {session_id[:80]!r}: it was forgotten with age, or never begun."
        )
    is_own = kept.sender == client_of_login(request.user).sender
    if not is_own and not may(request.user, SEE_PAYLOADS):
        raise PermissionDenied(
            f"Somebody else began this conversation: to read it wants the permission {SEE_PAYLOADS}. Ask an admin."
        )
    context = {
        "kept": kept,
        "is_own": is_own,
        "can_go_on": is_own and may(request.user, EXECUTE),
        "is_busy": kept.busy_until is not None and kept.busy_until > timezone.now(),
        **content(kept),
    }
    return render(request, TEMPLATE, {**context, **around(request, kept.session_id, kept.asked)})


def content(kept: Kept) -> dict[str, Any]:
    """What was said in it, and why that cannot be read, where it cannot."""
    try:
        return {"said": said_in(read(kept.transcript))}
    except NotStored as error:
        return {"said": said_in(Transcript()), "unreadable": str(error)}


def around(request: HttpRequest, session_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The addresses, and the form with what there is to choose from, filled in as *asked*."""
    models, offered, filled = choices.models(), choices.tools(), choices.filled_in(asked)
    address = reverse("playground-conversation", args=[session_id])
    return {
        **chrome("playground"),
        "session_id": session_id,
        "address": address,
        "link": request.build_absolute_uri(address),
        "asked": filled,
        "models": models,
        "route_is_gone": not models.has(filled["route"]),
        "prompts": choices.prompt_choices(),
        "tools": offered,
        "roles": choices.roles(offered, is_any=may(request.user, ANY_ROLE)),
        # What scripts fill in.
        "blank_user": Said(is_user=True, text=""),
        "blank_model": Said(is_user=False, text=""),
    }
