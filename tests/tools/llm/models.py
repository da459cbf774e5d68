"""Models of the lab, each by every interface that we speak, and a tool for them to call."""

from tools.definition.decorators import tool
from tools.llm.adapters.base import Ask
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment
from tools.llm.transcript import Image, Result, Transcript
from tools.llm.turns.question import Question, Words

# Provider, interface, model, and what of its capabilities is not the usual.
MODELS = {
    "openai chat": ("openai", "chat", "gpt-5.2", {"completion_tokens": True, "sampling": False}),
    "openai responses": (
        "openai",
        "responses",
        "gpt-6-sol",
        {"efforts": ("low", "medium", "high"), "sampling": False},
    ),
    "anthropic": (
        *("anthropic", "messages", "claude-sonnet-5-5"),
        {
            "forced_tool_choice": False,
            "sampling": False,
            "signed_calls": True,
            "efforts": ("low", "medium", "high"),
        },
    ),
    "anthropic haiku": (
        "anthropic",
        "messages",
        "claude-haiku-5-5",
        {"sampling": False, "signed_calls": True, "efforts": ("low", "medium")},
    ),
    "gemini": ("gemini", "generate", "gemini-3.8-flash", {"signed_calls": True, "sampling": False}),
    "groq": ("groq", "chat", "openai/gpt-oss-120b", {"efforts": ("low", "medium", "high")}),
    "xai": ("xai", "responses", "grok-4.7", {"efforts": ("low", "high", "xhigh")}),
    "openrouter": ("openrouter", "chat", "anthropic/claude-sonnet-5-5", {}),
}


# The smallest picture.
PIXEL = Image(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000"
        "003a7e9b550000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
    ),
    "image/png",
)


@tool(description="Looks up the weather of a city.")
def weather(city: str, days: int = 1) -> dict[str, int]:
    return {"degrees": 21 * days}


@tool(description="Sends a text message to a number.")
def sms(number: str, text: str) -> dict[str, bool]:
    return {"sent": bool(number and text)}


def deployment(lab, name, **changes):
    provider, api, model, can = MODELS[name]
    capabilities = Capabilities(**({"api": api, "vision": True} | can | changes))
    return Deployment(
        name=name,
        provider=provider,
        model=model,
        base_url=lab.url(provider),
        key="sk-lab",
        can=capabilities,
        timeout_s=5.0,
        first_token_timeout_s=5.0,
    )


def ask(deployment, transcript, **about):
    return Ask(
        **(
            {
                "origin": deployment.origin,
                "transcript": transcript,
                "can": deployment.can,
                "system": "Be brief.",
                "tools": (weather, sms),
            }
            | about
        )
    )


def asked(text="What is the weather in Paris?"):
    return Transcript().ask(text)


def told(transcript, content='{"degrees": 21}'):
    """*transcript* with a result for each open call."""
    return transcript.tell(Result(call.call_id, content) for call in transcript.open_calls)


async def said(model_client, deployment, question):
    """The answer to *question*, streamed if it asks for that, and the pieces that came before."""
    if not question.stream:
        return await model_client.complete(deployment, question), []
    *pieces, answer = [item async for item in model_client.stream(deployment, question)]
    return answer, pieces


def question(transcript, **about):
    """What ``ask`` asks, whoever is asked."""
    return Question(**({"transcript": transcript, "telling": Words("Be brief."), "tools": (weather, sms)} | about))
