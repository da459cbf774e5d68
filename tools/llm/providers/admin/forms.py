"""A deployment's form: its key can be written, and never read."""

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from telemetry.database.sealing import UNOPENED, Unopened
from tools.llm.providers.addresses import place_of
from tools.llm.providers.keys import is_stored
from tools.llm.providers.models import Deployment

# Django's own ModelForm takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    DeploymentModelForm = forms.ModelForm[Deployment]
else:
    DeploymentModelForm = forms.ModelForm


class DeploymentForm(DeploymentModelForm):
    """Left blank, the key stays, for the address that it was given for."""

    key = forms.CharField(
        required=False,
        strip=False,
        max_length=4000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    forget_key = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, help_text="Throw the stored key away."
    )

    class Meta:
        model = Deployment
        fields = (
            *("name", "model", "base_url", "key", "key_variable", "enabled"),
            *("timeout_s", "first_token_timeout_s", "budget_usd", "budget_tokens"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("key", None)
        # As it is in the database: an old version, which may be shown here, has had another address.
        self.stored = Deployment.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        if "key" in self.fields:
            self.fields["key"].help_text = f"{key_in_words(self.stored)} It is sealed, and never shown."

    def clean(self) -> dict[str, Any]:
        """The key that is to be stored stands in ``key``."""
        data = self.cleaned_data
        if not data.get("key"):
            data["key"] = self._kept()
        return data

    def _kept(self) -> str:
        """The stored key, where it may go on to be used; an error beside the field where that is not clear."""
        if self.stored is None or self.cleaned_data.get("forget_key") or not is_stored(self.stored):
            return ""
        given_for, address = place_of(self.stored.base_url), self.cleaned_data.get("base_url") or ""
        if place_of(address) != given_for:
            self.add_error("key", f"The stored key was given for {given_for}: give one for the new address.")
        return self.stored.key


def key_in_words(deployment: Deployment | None) -> str:
    """Whether there is a key, and nothing of it."""
    if deployment is None or not is_stored(deployment):
        return "No key is stored."
    if isinstance(deployment.key, Unopened):
        return f"A key is stored that cannot be read. {UNOPENED}"
    return "A key is stored; left blank, it stays."
