"""What the stage classifier learns from: labelled utterances and telling phrases, editable while it runs."""

from django.db import models
from simple_history.models import HistoricalRecords


class Stage(models.TextChoices):
    """The stages of a sale, in their usual order."""

    PROSPECTING = "prospecting"
    QUALIFICATION = "qualification"
    DISCOVERY = "discovery"
    PRESENTATION = "presentation"
    OBJECTION_HANDLING = "objection_handling", "Objection handling"
    NEGOTIATION = "negotiation"
    CLOSING = "closing"
    FOLLOW_UP = "follow_up", "Follow-up"


MEANINGS: dict[str, str] = {
    Stage.PROSPECTING: "First contact: the seller introduces themselves and asks for a conversation.",
    Stage.QUALIFICATION: "Finding out whether it can become a deal: size, budget, who decides, by when.",
    Stage.DISCOVERY: "Understanding the customer's situation, problems, their consequences and goals.",
    Stage.PRESENTATION: "Showing or explaining the product.",
    Stage.OBJECTION_HANDLING: "The customer voices doubts and the seller deals with them.",
    Stage.NEGOTIATION: "Trading price, volume and contract terms.",
    Stage.CLOSING: "Agreeing and ordering: decision, contract, signature, start.",
    Stage.FOLLOW_UP: "After a meeting or a purchase: recap, reminder, satisfaction, renewal, referral.",
}


class UtteranceExample(models.Model):
    """Something that is typically said in a stage."""

    stage = models.CharField(max_length=20, choices=Stage)
    text = models.CharField(max_length=300)
    active = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["stage", "pk"]
        constraints = [models.UniqueConstraint("stage", "text", name="conversation_example_once")]

    def __str__(self) -> str:
        return self.text


class StageCue(models.Model):
    """A phrase that speaks for a stage wherever it occurs as whole words."""

    stage = models.CharField(max_length=20, choices=Stage)
    phrase = models.CharField(max_length=60)
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["stage", "phrase"]
        constraints = [models.UniqueConstraint("stage", "phrase", name="conversation_cue_once")]

    def __str__(self) -> str:
        return self.phrase
