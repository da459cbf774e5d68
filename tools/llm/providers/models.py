"""What models can do, the deployments that they are asked at, and the routes that lead there."""

from decimal import Decimal
from math import inf

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from telemetry.database.sealing import SealedTextField
from tools.definition.policy import Rate
from tools.llm.providers.addresses import fault_of_address, fault_of_key, fault_of_variable
from tools.llm.providers.endings import Ending

NAME = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]*\Z", "Write small letters, digits, ., - and _, a letter or digit first."
)
APIS = ("chat", "responses", "messages", "generate")
MOST_SECONDS = 3600.0


def provider_choices() -> list[tuple[str, str]]:
    """Asked when a form is shown: most processes that know the tables speak to no vendor."""
    from tools.llm.adapters import ADAPTERS

    return [(provider, provider) for provider in dict.fromkeys(provider for provider, _ in ADAPTERS)]


def validate_rate(text: str) -> None:
    """Raises ValidationError that says what to write instead."""
    try:
        Rate.parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class Model(models.Model):
    """What a provider's model can be asked for by one interface, and when it ends."""

    provider = models.CharField(max_length=40, choices=provider_choices)
    name = models.CharField("model", max_length=120, help_text="As the provider calls it.")
    api = models.CharField("interface", max_length=12, choices=[(api, api) for api in APIS])
    tools = models.BooleanField(default=True, help_text="It can call tools.")
    forced_tool_choice = models.BooleanField(default=True, help_text="It can be made to call one.")
    parallel_calls = models.BooleanField(default=True, help_text="It may call several at once.")
    signed_calls = models.BooleanField(
        default=False, help_text="It takes no call of the turn back without its maker's signature."
    )
    sampling = models.BooleanField(default=True, help_text="It takes a temperature.")
    efforts = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Its words for how much it shall think, the least first, by comma. Empty: it takes none.",
    )
    vision = models.BooleanField(default=False, help_text="It takes pictures.")
    completion_tokens = models.BooleanField(
        default=False, help_text="The limit of its answer is called max_completion_tokens."
    )
    context_tokens = models.PositiveIntegerField(default=128_000, validators=[MinValueValidator(1)])
    max_output_tokens = models.PositiveIntegerField(default=4096, validators=[MinValueValidator(1)])
    shutdown_on = models.DateField(
        null=True, blank=True, help_text="The day on which it ends. Empty: none was announced."
    )
    successor = models.CharField(
        max_length=120, blank=True, default="", help_text="Which model its vendor names for after that."
    )
    source = models.CharField(max_length=300, help_text="Where this stands.")
    checked_on = models.DateField(help_text="When somebody last looked there.")
    history = HistoricalRecords()

    class Meta:
        ordering = ["provider", "name", "api"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "name", "api"],
                name="providers_model_once",
                violation_error_message="There is a row for this model and interface already: change that one.",
            ),
            models.CheckConstraint(
                condition=Q(api__in=APIS),
                name="providers_api_is_known",
                violation_error_message=f"The interface is one of {', '.join(APIS)}.",
            ),
            models.CheckConstraint(
                condition=Q(context_tokens__gt=0, max_output_tokens__gt=0),
                name="providers_tokens_above_0",
                violation_error_message="A model takes and writes 1 token or more.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.name} ({self.api})"

    def clean(self) -> None:
        """Refuses an interface that nobody here speaks with that provider."""
        from tools.llm.adapters import ADAPTERS

        spoken = [api for provider, api in ADAPTERS if provider == self.provider]
        if self.provider and spoken and self.api not in spoken:
            raise ValidationError({"api": f"{self.provider} is spoken to by {' or '.join(spoken)}."})
        if len(set(self.efforts or [])) < len(self.efforts or []):
            raise ValidationError({"efforts": "Write each effort once."})

    @property
    def ending(self) -> Ending:
        return Ending(self.shutdown_on, self.successor)


class Deployment(models.Model):
    """A model behind one address and key. The key is sealed, and kept out of pages, history and messages."""

    name = models.CharField(
        max_length=60, unique=True, validators=[NAME], help_text="By which it is asked, and spans tell of it."
    )
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="deployments")
    base_url = models.CharField(
        "address",
        max_length=300,
        blank=True,
        default="",
        help_text="As the vendor's own clients have it, such as https://api.openai.com/v1; litellm needs none.",
    )
    key = SealedTextField(blank=True, default="")
    key_variable = models.CharField(
        "variable with the key",
        max_length=80,
        blank=True,
        default="",
        help_text="Instead of a key: the environment's variable that has it, such as OPENAI_API_KEY.",
    )
    enabled = models.BooleanField(default=True)
    timeout_s = models.FloatField(
        "timeout (s)",
        default=120.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(MOST_SECONDS)],
        help_text="For the whole answer.",
    )
    first_token_timeout_s = models.FloatField(
        "silence (s)",
        default=30.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(MOST_SECONDS)],
        help_text="How long a stream may say nothing, at its beginning and amid it.",
    )
    budget_usd = models.DecimalField(
        "US dollars a day",
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="By UTC's days; who has spent them is passed over. Empty: as much as it takes.",
    )
    budget_tokens = models.PositiveBigIntegerField(
        "tokens a day",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10**15)],
        help_text="In and out, by UTC's days. Empty: as many as it takes.",
    )
    history = HistoricalRecords(excluded_fields=["key"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(key="") | Q(key_variable=""),
                name="providers_one_key",
                violation_error_message="A key is stored or in a variable, not both.",
            ),
            models.CheckConstraint(
                condition=Q(timeout_s__gt=0, first_token_timeout_s__gt=0), name="providers_timeouts_above_0"
            ),
            models.CheckConstraint(
                condition=(Q(budget_usd=None) | Q(budget_usd__gt=0))
                & (Q(budget_tokens=None) | Q(budget_tokens__gt=0)),
                name="providers_budgets_above_0",
                violation_error_message="A budget is above 0: switch a deployment off that shall spend nothing.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """One sentence for each field that is wrong."""
        provider = self.model.provider if self.model_id else ""
        faults = {
            "base_url": fault_of_address(provider, self.base_url) if provider else "",
            "key": fault_of_key(self.key),
            "key_variable": fault_of_variable(self.key_variable),
        }
        if self.key and self.key_variable:
            faults["key_variable"] = "A key is stored: leave this empty, or have the key forgotten."
        if Route.objects.filter(name=self.name).exists():
            faults["name"] = (
                f"There is a route {self.name!r}: who asks by that name would not know which is meant."
            )
        if wrong := {field: fault for field, fault in faults.items() if fault}:
            raise ValidationError(wrong)


class Route(models.Model):
    """Deployments in an order, under a name to ask by."""

    name = models.CharField(max_length=60, unique=True, validators=[NAME], help_text="By which code asks.")
    deployments = models.ManyToManyField(Deployment, through="RouteEntry", related_name="routes")
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if Deployment.objects.filter(name=self.name).exists():
            raise ValidationError(
                {"name": f"There is a deployment {self.name!r}, which can be asked by its name as it is."}
            )


class RouteEntry(models.Model):
    """A deployment's place in a route."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="entries")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="entries")
    rank = models.PositiveSmallIntegerField(default=0, help_text="The lowest is asked first.")
    weight = models.FloatField(
        default=1.0, help_text="How often it is the first among those of its rank, against the others."
    )
    rate = models.CharField(
        max_length=32,
        blank=True,
        default="",
        validators=[validate_rate],
        help_text="Such as 100/min. Empty: none.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["route_id", "rank", "id"]
        verbose_name = "deployment"
        verbose_name_plural = "deployments of the route"
        constraints = [
            models.UniqueConstraint(
                fields=["route", "deployment"],
                name="providers_entry_once",
                violation_error_message="A route has a deployment once: give it a weight instead.",
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lt=inf),
                name="providers_weight_above_0",
                violation_error_message=(
                    "A weight is a number above 0: leave a deployment out that is not to be asked."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.deployment.name
