"""Documents that people edit, and the passages that are searched."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import URLValidator
from django.db import models, transaction
from pgvector.django import HnswIndex, VectorField
from simple_history.models import HistoricalRecords

from tools.process.embedding import DIMENSIONS, embed


class Category(models.TextChoices):
    PRODUCT = "product", "Product"
    PRICING = "pricing", "Pricing and contracts"
    SECURITY = "security", "Security and privacy"
    INTEGRATIONS = "integrations", "Integrations and API"
    ONBOARDING = "onboarding", "Onboarding and adoption"
    SUPPORT = "support", "Support and service levels"
    PLAYBOOK = "playbook", "Sales playbook"
    COMPETITORS = "competitors", "Competitors"
    VERTICALS = "verticals", "Industries"


class Document(models.Model):
    """A page of the handbook, in Markdown. Saving it makes its passages anew, in the same transaction."""

    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    category = models.CharField(max_length=20, choices=Category.choices, default=Category.PRODUCT, db_index=True)
    body = models.TextField(help_text="Markdown. Headings become the sections that answers name as their source.")
    url = models.CharField(
        max_length=200,
        blank=True,
        validators=[URLValidator(["https", "http"])],
        help_text="Where people read this document; given to the model as the source.",
    )
    published = models.BooleanField(default=True, help_text="Only published documents are found.")
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the document, cut it into passages and embed these. A document that is not published has none."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.passages.all().delete()
            Passage.objects.bulk_create(self._make_passages())

    def _make_passages(self) -> list["Passage"]:
        # Not above: every process has the model, and hardly any saves a document.
        from tools.catalog.knowledge.passages import split_markdown

        texts = split_markdown(self.body) if self.published else []
        headings = [" › ".join(filter(None, [self.title, text.section])) for text in texts]
        vectors = embed([f"{heading}\n{text.body}" for heading, text in zip(headings, texts, strict=True)])
        return [
            Passage(
                document=self,
                position=position,
                heading=heading,
                section=text.section,
                body=text.body,
                embedding=vector,
            )
            for position, (heading, text, vector) in enumerate(zip(headings, texts, vectors, strict=True))
        ]


class Passage(models.Model):
    """A piece of a document, with what full text and vector search need of it."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="passages")
    position = models.PositiveSmallIntegerField(help_text="Counted from 0 within the document.")
    heading = models.TextField(help_text="The document's title and the section.")
    section = models.TextField(blank=True)
    body = models.TextField()
    embedding = VectorField(dimensions=DIMENSIONS)
    search = models.GeneratedField(
        expression=SearchVector("heading", weight="A", config="english")
        + SearchVector("body", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["document", "position"]
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="one_passage_a_position")]
        indexes = [
            GinIndex(fields=["search"], name="passage_search"),
            HnswIndex(
                fields=["embedding"],
                name="passage_embedding",
                m=16,
                ef_construction=64,
                opclasses=["vector_cosine_ops"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.heading} ({self.position})"
