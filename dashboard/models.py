"""What operators keep of the pages: saved views of the trace explorer."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NAME_MAX_CHARS = 80
QUERY_MAX_CHARS = 2000


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: "User") -> Self:
        """The user's own and those that anybody shares."""
        return self.filter(models.Q(owner=user) | models.Q(shared=True))


class SavedView(models.Model):
    """A search with a name: what was looked for and over which period."""

    name = models.CharField(max_length=NAME_MAX_CHARS)
    query = models.TextField(blank=True, max_length=QUERY_MAX_CHARS, help_text="As typed into the search box.")
    period = models.CharField(
        max_length=8, help_text="A key of dashboard.addresses.periods: 15m, 90m, 24h, 7d, 30d."
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    shared = models.BooleanField(default=False, help_text="Listed for everybody; otherwise for the owner alone.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="dashboard_savedview_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """A link to send to a colleague."""
        return reverse("traces-view", args=[self.pk])
