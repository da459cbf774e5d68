"""The span of a call says which prompt was sent."""

from tools.llm.adapters.base import Ask
from tools.llm.calling import Deployment
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version
from tools.llm.transcript import Transcript

ECHO = Deployment(name="echo", provider="local", model="echo", base_url="local://echo")


def an_ask(**about):
    return Ask(origin=ECHO.origin, transcript=Transcript().ask("Hello?"), can=ECHO.can, **about)


async def test_the_span_names_the_version_the_variant_and_the_text(model_client, recorded):
    version = Version("coach", 3, {(Family.BRIEF, Rung.DETAILED): "Be kind."})
    sent = version.rendered(Family.BRIEF, Rung.DETAILED, {})
    await model_client.complete(ECHO, an_ask(system=sent.text, prompt=sent.sent))
    (span,) = recorded.get_finished_spans()
    assert {name: value for name, value in span.attributes.items() if ".prompt." in name} == {
        "salesboost.prompt.name": "coach",
        "salesboost.prompt.version": "coach@3",
        "salesboost.prompt.variant": "brief/detailed",
        "salesboost.prompt.sha256": sent.sha256,
    }


async def test_a_call_without_a_prompt_names_none(model_client, recorded):
    await model_client.complete(ECHO, an_ask())
    (span,) = recorded.get_finished_spans()
    assert not [name for name in span.attributes if ".prompt." in name]


def test_redaction_leaves_them_readable():
    from telemetry.spans.finished import without_secrets

    said = {"salesboost.prompt.version": "coach@3", "salesboost.prompt.sha256": "0f" * 32}
    assert without_secrets(dict(said)) == said
