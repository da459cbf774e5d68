"""The form of a new version: nine texts, of which most may stay empty, and the variables in them."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from tools.llm.prompts.families import Family, Key, Rung, named
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import MOST_VARIABLES, Draft, faults

KEYS: tuple[Key, ...] = tuple((family, rung) for family in Family for rung in Rung)
EMPTY_ROWS = 4
HELP = {
    Family.DETAILED: "OpenAI’s and Anthropic’s models: whole sentences, with reasons.",
    Family.STRUCTURED: "Open models such as Llama, gpt-oss and Qwen: headings and numbered steps.",
    Family.BRIEF: "Gemini: five lines at most.",
}


def field_of(key: Key) -> str:
    return f"text_{key[0].value}_{key[1].value}"


class TextsForm(forms.Form):
    """A text for each family at each rung."""

    note = forms.CharField(
        max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text="What is new in this version."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in KEYS:
            self.fields[field_of(key)] = forms.CharField(
                label=named(key),
                required=False,
                strip=False,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false", "class": "prompt-text"}),
            )

    def variants(self) -> dict[Key, str]:
        """Those that hold something, with the ends of lines as everywhere but in forms."""
        texts = {key: self.cleaned_data[field_of(key)].replace("\r\n", "\n").strip() for key in KEYS}
        return {key: text for key, text in texts.items() if text}

    def by_family(self) -> list[tuple[str, str, list[Any]]]:
        """The fields of texts, for the template."""
        return [
            (family.value, HELP[family], [self[field_of((family, rung))] for rung in Rung]) for family in Family
        ]


class VariableForm(forms.Form):
    """One variable; left without a name it is none."""

    name = forms.CharField(max_length=60, required=False, widget=UnfoldAdminTextInputWidget)
    what = forms.CharField(
        max_length=2_000, required=False, label="What it is", widget=UnfoldAdminExpandableTextareaWidget
    )
    default = forms.CharField(
        max_length=2_000, required=False, strip=False, widget=UnfoldAdminExpandableTextareaWidget
    )
    required = forms.BooleanField(required=False, initial=True, widget=UnfoldBooleanWidget)
    may_be_cut = forms.BooleanField(required=False, label="May be cut", widget=UnfoldBooleanWidget)

    def variable(self) -> Variable | None:
        data = self.cleaned_data
        if not data.get("name"):
            return None
        default = data["default"].replace("\r\n", "\n")
        told = {name: data[name] for name in ("name", "what", "required", "may_be_cut")}
        return Variable(**told, default=default)


VariableForms = forms.formset_factory(VariableForm, extra=EMPTY_ROWS, max_num=MOST_VARIABLES, validate_max=True)


class VersionForm:
    """Both forms together, which make a draft."""

    def __init__(self, data: Any = None, base: Version | None = None) -> None:
        texts = {field_of(key): text for key, text in base.texts.items()} if base else {}
        rows = [variable.as_json() for variable in base.variables] if base else []
        self.texts = TextsForm(data, initial=texts)
        self.rows = VariableForms(data, initial=rows, prefix="variables")
        self.faults: list[str] = []

    def draft(self) -> Draft | None:
        """What was written; None where it is no version, for the reasons in ``faults``."""
        if not (self.texts.is_valid() and self.rows.is_valid()):
            self.faults = ["Something could not be read: see below."]
            return None
        variables = [found for row in self.rows if (found := row.variable())]
        draft = Draft(
            variants=self.texts.variants(), variables=variables, note=self.texts.cleaned_data["note"].strip()
        )
        self.faults = faults(draft)
        return None if self.faults else draft
