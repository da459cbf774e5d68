"""What repeats in spans, kept once: a span holds the ids. Written by ``dictionaries/lookup.py`` alone."""

from django.db import models

from telemetry.semconv import Origin


class Series(models.Model):
    """The words by which spans are filtered, counted and charted; the key of rollups. Never deleted."""

    id = models.AutoField(primary_key=True)
    digest = models.UUIDField(unique=True, help_text="The MD5 of the words, joined by the character U+001F.")
    operation = models.TextField()
    kind = models.SmallIntegerField(
        help_text="As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer."
    )
    tool = models.TextField()
    provider = models.TextField()
    model = models.TextField()
    prompt_version = models.TextField()
    caller_role = models.TextField()
    agent = models.TextField()
    service = models.TextField()
    api_key = models.TextField(help_text="The name of the API key that made the call or sent the span.")
    origin = models.TextField(
        default=Origin.OWN, help_text="own: of this installation's processes; reported: told of over OTLP."
    )
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "telemetry_series"

    def __str__(self) -> str:
        return f"{self.operation} {self.tool or self.model}".strip()


class Source(models.Model):
    """Who made spans: OpenTelemetry's resource and instrumentation scope, whole."""

    id = models.AutoField(primary_key=True)
    digest = models.UUIDField(unique=True)
    resource = models.JSONField()
    scope_name = models.TextField()
    scope_version = models.TextField()
    scope_attributes = models.JSONField()
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "telemetry_source"

    def __str__(self) -> str:
        return f"{self.resource.get('service.name', '')} {self.scope_name}".strip()


class AttributeSet(models.Model):
    """Attributes that many spans have alike; a span's attributes are these and its own."""

    id = models.AutoField(primary_key=True)
    digest = models.UUIDField(unique=True)
    attributes = models.JSONField()
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "telemetry_attribute_set"

    def __str__(self) -> str:
        return ", ".join(self.attributes)
