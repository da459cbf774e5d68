"""A deployment: a provider's model behind one address and key."""

from dataclasses import dataclass, field

from tools.llm.adapters.capabilities import Capabilities
from tools.llm.transcript import Origin

LITELLM = "litellm"
# Where the conventions call a provider otherwise than we do.
NAMES = {"gemini": "gcp.gemini", "vertex_ai": "gcp.vertex_ai", "xai": "x_ai", "mistral": "mistral_ai"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where a model is asked. The key is shown nowhere."""

    name: str
    provider: str
    model: str
    base_url: str = ""  # needed by all but `litellm`, which knows the vendors' own
    key: str = field(default="", repr=False)
    can: Capabilities = field(default_factory=Capabilities)
    timeout_s: float = 120.0  # for the whole answer
    first_token_timeout_s: float = 30.0  # of a stream: until it says anything, and between two pieces

    def __post_init__(self) -> None:
        """Raises ValueError for a key that cannot be sent: most have a line's end behind them, out of a file."""
        if not (self.key.isascii() and self.key.isprintable() and self.key == self.key.strip()):
            raise ValueError(f"The key of {self.name!r} has signs that no key has: look for blanks and line ends.")

    @property
    def provider_name(self) -> str:
        """Whose model it is, in the words of OpenTelemetry's conventions, as spans and price lists have it."""
        asked_by_litellm = self.provider == LITELLM and "/" in self.model
        said = self.model.partition("/")[0] if asked_by_litellm else self.provider
        return NAMES.get(said, said)

    @property
    def vendor(self) -> tuple[str, str]:
        """Who answers: the provider, and where that is said of many servers, the address."""
        return self.provider, self.base_url.rstrip("/")

    @property
    def origin(self) -> Origin:
        return Origin(self.provider, self.model, self.name)
