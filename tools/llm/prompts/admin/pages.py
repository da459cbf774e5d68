"""The pages below a prompt's own: a version, a new one, two compared; and what moves labels."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from tools.llm.prompts import labels, live
from tools.llm.prompts.admin.comparing import differences, in_words
from tools.llm.prompts.admin.describing import first_version, tool_of
from tools.llm.prompts.admin.forms import VersionForm
from tools.llm.prompts.admin.preview import previews
from tools.llm.prompts.admin.running import EXECUTE, run_of, trial_of
from tools.llm.prompts.admin.shown import CHANGE
from tools.llm.prompts.admin.trying import Tried
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.models import Prompt, PromptVersion
from tools.llm.prompts.writing import write

VIEW = "prompts.view_prompt"
MOST_TOKENS = 1_000_000


def prompt_urls(site: AdminSite) -> list[URLPattern]:
    """The addresses; their names begin as the sidebar expects it."""
    pages = Pages(site)
    return [
        path(address, site.admin_view(view), name=f"prompts_prompt_{name}")
        for address, view, name in (
            ("<int:pk>/versions/new/", pages.new, "new"),
            ("<int:pk>/versions/<int:number>/", pages.version, "version"),
            ("<int:pk>/versions/<int:number>/run/", pages.run, "run"),
            ("<int:pk>/diff/", pages.diff, "diff"),
            ("<int:pk>/move/", pages.move, "move"),
            ("<int:pk>/label/", pages.label, "label"),
        )
    ]


class Pages:
    """Whoever may see prompts sees them; whoever may change them writes versions and moves labels."""

    def __init__(self, site: AdminSite) -> None:
        self._site = site

    def version(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """One version as it is sent. What was typed comes by POST: it may be long, and belongs in no log."""
        return self._version(request, found(request, pk, VIEW), number)

    def run(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """The same, with what a model answered that was told just this version. It may cost money."""
        prompt = found(request, pk, CHANGE)
        if not request.user.has_perm(EXECUTE):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        version = numbered(prompt, number).plain()
        return self._version(request, prompt, number, tried=run_of(request, version))

    def _version(
        self, request: HttpRequest, prompt: Prompt, number: int, tried: Tried | None = None
    ) -> HttpResponse:
        row, tool = numbered(prompt, number), tool_of(prompt.name)
        version = row.plain()
        typed = {one.name: request.POST.get(f"value-{one.name}", "") for one in version.variables}
        most = request.POST.get("most_tokens", "")
        most_tokens = min(int(most), MOST_TOKENS) if most.isdecimal() and len(most) < 9 else None
        return self._page(
            request,
            "version.html",
            prompt,
            title=f"{prompt.name}, version {number}",
            version=row,
            variables=[(one, typed[one.name], in_words(one)) for one in version.variables],
            previews=previews(version, typed, most_tokens, tool),
            tool_name=tool.name if tool else "",
            most_tokens=most_tokens,
            trial=trial_of(request),
            tried=tried,
        )

    def new(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The next version: what another says (``?from=2``, or the newest) is in the form already."""
        prompt = found(request, pk, CHANGE)
        newest = prompt.versions.first()
        wanted = request.GET.get("from", "")
        base = numbered(prompt, int(wanted)) if wanted.isdecimal() and len(wanted) < 9 else newest
        begin = base.plain() if base else first_version(prompt)
        form = VersionForm(request.POST if request.method == "POST" else None, begin)
        if request.method == "POST" and (draft := form.draft()):
            version = write(prompt, draft, who(request))
            messages.success(request, f"Version {version.number} is stored. No label points at it yet.")
            return HttpResponseRedirect(reverse("admin:prompts_prompt_version", args=[pk, version.number]))
        return self._page(
            request, "new.html", prompt, title=f"New version of {prompt.name}", form=form, base=base, newest=newest
        )

    def diff(self, request: HttpRequest, pk: int) -> HttpResponse:
        """``?from=1&to=2``."""
        prompt = found(request, pk, VIEW)
        before, after = (numbered(prompt, number_in(request.GET.get(name, ""))) for name in ("from", "to"))
        return self._page(
            request,
            "diff.html",
            prompt,
            title=f"{prompt.name}: from version {before.number} to {after.number}",
            before=before,
            after=after,
            differences=differences(before.plain(), after.plain()),
        )

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Moves, promotes and rolls back: each is a label, what the page showed of it, and where it is to go."""

        def act(prompt: Prompt) -> str:
            label = get_object_or_404(prompt.labels, name=request.POST.get("label", ""))
            seen = request.POST.get("seen", "")
            label.version = numbered(prompt, number_in(seen)) if seen else None
            to = numbered(prompt, number_in(request.POST.get("to", "")))
            labels.move(label, to, by=who(request), reason=request.POST.get("reason", ""))
            return f"{label.name} points at version {to.number} now; within two seconds everywhere."

        return self._acted(request, pk, act)

    def label(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A label of one's own."""

        def act(prompt: Prompt) -> str:
            to = numbered(prompt, number_in(request.POST.get("to", "")))
            name, reason = request.POST.get("name", ""), request.POST.get("reason", "")
            made = labels.add(prompt, name, to, by=who(request), reason=reason)
            return f"The label {made.name} points at version {to.number}."

        return self._acted(request, pk, act)

    def _acted(self, request: HttpRequest, pk: int, act: Callable[[Prompt], str]) -> HttpResponse:
        prompt = found(request, pk, CHANGE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            messages.success(request, act(prompt))
            transaction.on_commit(live.refresh)
        except PromptError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:prompts_prompt_change", args=[pk]))

    def _page(self, request: HttpRequest, template: str, prompt: Prompt, **context: Any) -> HttpResponse:
        whole = {
            **self._site.each_context(request),
            "prompt": prompt,
            "opts": Prompt._meta,
            "may_change": request.user.has_perm(CHANGE),
            **context,
        }
        return TemplateResponse(request, f"admin/prompts/{template}", whole)


def found(request: HttpRequest, pk: int, wants: str) -> Prompt:
    """The prompt, for who has the permission *wants*; the others are not told whether there is one."""
    if not request.user.has_perm(wants):
        raise PermissionDenied
    return get_object_or_404(Prompt, pk=pk)


def numbered(prompt: Prompt, number: int) -> PromptVersion:
    return get_object_or_404(prompt.versions.select_related("prompt").prefetch_related("variants"), number=number)


def number_in(text: str) -> int:
    """What stands in *text*; 0, which no version has, for what is no number."""
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def who(request: HttpRequest) -> str:
    return cast(User, request.user).get_username()  # the permission was asked of it, so it is logged in
