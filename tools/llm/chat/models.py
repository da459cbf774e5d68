"""What is kept of conversations between their turns."""

from django.db import models
from django.utils import timezone

MAX_NAME_CHARS = 200


class Kept(models.Model):
    """A conversation: what was said, whose it is, and whether a turn of it is going on."""

    session_id = models.CharField(max_length=MAX_NAME_CHARS, primary_key=True)
    # Who began it ("key app", "user ana"): nobody else goes on with it.
    sender = models.CharField(max_length=MAX_NAME_CHARS)
    transcript = models.TextField(default="[]", help_text="As tools.llm.transcript.stored writes it.")
    # What it was last asked with: route, prompt, tools and the like; what a page needs to show it again.
    asked = models.JSONField(default=dict)
    busy_until = models.DateTimeField(
        null=True, help_text="A turn is going on, and is over by then at the latest."
    )
    # Of the last turn: the Idempotency-Key that it was asked with, and its answer, for who asks it again.
    key = models.CharField(max_length=500, default="")
    digest = models.CharField(max_length=64, default="")  # of what was asked with it
    messages_before = models.PositiveIntegerField(default=0)  # how many there were before that turn
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chat_conversation"
        indexes = [models.Index(fields=["said_at"])]

    def __str__(self) -> str:
        return self.session_id
