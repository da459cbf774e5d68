"""What the demonstration's programs know of our environment, and what nobody knows while it runs."""

from collections.abc import Iterable, Mapping, MutableMapping

from salesboost.children import plain_environment

# Where people who start a lab by themselves have it; another port where that one is taken.
LAB_PORT = 8026
# Slow enough to be seen, on a page and in a waterfall.
LAB_LATENCY_MS = 250

# Our own, which opens SalesBoost and no vendor.
OURS = frozenset({"SALESBOOST_API_KEY"})
# A deployment's variable ends in the first of these (``tools/llm/providers/addresses.py``), and so do nearly all
# that vendors' own programs read, such as OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, GROQ_API_KEY.
KEY_ENDINGS = ("_API_KEY", "_API_KEYS", "_API_TOKEN", "_AUTH_TOKEN")
# What the clouds that sell models are entered with.
CLOUD_BEGINNINGS = ("AWS_", "AZURE_", "GOOGLE_", "VERTEXAI_", "WATSONX_")
OTHERS = frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "DATABRICKS_TOKEN", "GITHUB_TOKEN"})


def lab_command(port: int) -> tuple[str, ...]:
    """How the provider lab is started: without Django, which it does not need."""
    return "-m", "salesboost.lab", "--port", str(port), "--seed", "7", "--latency-ms", str(LAB_LATENCY_MS)


def vendors_keys(names: Iterable[str]) -> list[str]:
    """Those of *names* by which models are paid for."""
    return sorted(
        name
        for name in names
        if name not in OURS and (name in OTHERS or name.endswith(KEY_ENDINGS) or name.startswith(CLOUD_BEGINNINGS))
    )


def forget_vendors_keys(environ: MutableMapping[str, str]) -> None:
    """Take vendors' keys out of *environ*: what is played must cost nobody anything."""
    for name in vendors_keys(environ):
        del environ[name]


def environment(of: Mapping[str, str]) -> dict[str, str]:
    """What caller, gateway and lab need of the environment *of*: no database, no secret of ours."""
    return plain_environment(of) | {
        name: of[name]
        for name in ("DATA_DIR", "HOST", "PORT", "PYTHONUNBUFFERED", "SMS_GATEWAY_ACCOUNT", "SMS_GATEWAY_TOKEN")
        if name in of
    }
