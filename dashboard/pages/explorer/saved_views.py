"""Saved views of the trace explorer: save one, open one by its link, delete an own one."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.frame.access import SAVE_VIEWS, SEE_CALLS, needs
from dashboard.frame.requests import SignedInRequest
from dashboard.models import NAME_MAX_CHARS, SavedView
from dashboard.pages.explorer.questions import Question


@require_POST
@needs(SAVE_VIEWS)
def save(request: SignedInRequest) -> HttpResponse:
    """Keep the question under a name, in place of an own view of that name. Without one its text is the name."""
    question = Question.from_query(request.POST.dict())
    name = (request.POST.get("name", "").strip() or question.text or "everything")[:NAME_MAX_CHARS]
    SavedView.objects.update_or_create(
        owner=request.user,
        name=name,
        defaults={"query": question.text, "period": question.period.key, "shared": "shared" in request.POST},
    )
    return _to(question)


@require_GET
@needs(SEE_CALLS)
def show(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lead to what the view asks; one that is neither shared nor the user's own is not found."""
    visible = SavedView.objects.visible_to(request.user)
    return _to(Question.of_view(get_object_or_404(visible, pk=pk)))


@require_POST
@needs(SAVE_VIEWS)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete an own view and lead back to the question in the address."""
    get_object_or_404(SavedView, pk=pk, owner=request.user).delete()
    return _to(Question.from_query(request.GET.dict()))


def _to(question: Question) -> HttpResponse:
    return redirect(f"{reverse('traces')}?{question.query()}")
