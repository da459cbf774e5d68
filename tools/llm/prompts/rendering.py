"""From a version and variables to the text for a model. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from tools.llm.prompts.budget import fitted, tokens_of
from tools.llm.prompts.errors import CannotRender
from tools.llm.prompts.families import Family, Key, Rung, chosen, named
from tools.llm.prompts.sent import PromptSent
from tools.llm.prompts.text import Template, read
from tools.llm.prompts.variables import Variable, values_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A prompt as it is sent. ``left_out`` says how many characters which variable lost so that it fits."""

    text: str
    prompt: str
    version: int
    family: Family  # of the variant, which may have been fallen back to
    rung: Rung
    sha256: str
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> PromptSent:
        """What the span of the call says of it: ``Ask(prompt=rendered.sent, system=rendered.text, …)``."""
        return PromptSent(self.prompt, self.version, named((self.family, self.rung)), self.sha256)


@dataclass(frozen=True)
class Version:
    """A version as a process keeps it: read once, and for good."""

    prompt: str
    number: int
    texts: Mapping[Key, str]
    variables: tuple[Variable, ...] = ()
    _templates: dict[Key, Template] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return f"{self.prompt}@{self.number}"

    def template(self, key: Key) -> Template:
        """A variant in pieces; read when it is first asked for."""
        found = self._templates.get(key)
        if found is None:
            found = self._templates[key] = read(self.texts[key])
        return found

    def rendered(
        self, family: Family, rung: Rung, given: Mapping[str, object], most_tokens: int | None = None
    ) -> Rendered:
        """The text for *family* at *rung*. Raises CannotRender."""
        key = chosen(self.texts, family, rung)
        values = values_of(self.variables, given, self.name)
        left_out: dict[str, int] = {}
        if most_tokens is None:
            text = self.template(key).fill(values)
        else:
            may_be_cut = [one.name for one in self.variables if one.may_be_cut]
            text, left_out = fitted(self.template(key), values, may_be_cut, most_tokens)
            if (tokens := tokens_of(text)) > most_tokens:
                why = "all that may be cut is cut" if left_out else "nothing in it may be cut"
                raise CannotRender(
                    f"The prompt {self.name} ({named(key)}) takes about {tokens} tokens, and may take "
                    f"{most_tokens}: {why}."
                )
        # A text of half a character cannot be sent, and is not this function's to refuse.
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return Rendered(text=text, prompt=self.prompt, version=self.number, family=key[0], rung=key[1],
                        sha256=digest, left_out=left_out)  # fmt: skip
