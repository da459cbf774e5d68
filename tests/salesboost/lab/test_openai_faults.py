"""What goes wrong with OpenAI's Chat Completions, on demand."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from salesboost.lab import FAULTS, Lab
from tests.salesboost.lab.wires import (
    QUESTION,
    STATUSES,
    TOOL,
    ask,
    check_broken,
    check_shared,
    events,
    own,
    running,
)

BODY: dict[str, Any] = {"model": "gpt-6-sol", "messages": QUESTION, "tools": [TOOL], "reasoning_effort": "none"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


@pytest.fixture
def client(lab: Lab) -> openai.OpenAI:
    return openai.OpenAI(base_url=lab.url("openai"), api_key="lab", max_retries=0)


def test_the_faults_of_all_these_vendors(lab: Lab) -> None:
    check_shared(lab, "openai", BODY)
    check_broken(lab, "openai", BODY)


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_that_of_openai(lab: Lab, name: str) -> None:
    response = ask(lab, "openai", BODY, fault=name)
    assert response.status_code == {"no_credit": 429}.get(name, STATUSES[name])
    if name != "bad_gateway":
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert response.headers.get("Retry-After") == ("2" if name == "rate_limited" else None)


def test_openais_own_client_names_the_errors(client: openai.OpenAI, lab: Lab) -> None:
    for fault, error in (
        ("no_credit", openai.RateLimitError),
        ("wrong_key", openai.AuthenticationError),
        ("unknown_model", openai.NotFoundError),
    ):
        lab.fail(fault, vendor="openai")
        with pytest.raises(error):
            client.chat.completions.create(model="gpt-6-sol", messages=QUESTION)  # type: ignore[arg-type]


OWN = {
    "tools_refused_on_chat": (400, None),
    "effort_refused": (400, "unsupported_value"),
    "reasoning_lost": (404, None),
    "reasoning_of_another": (400, "invalid_encrypted_content"),
}


@pytest.mark.parametrize("name", OWN)
def test_a_fault_of_openai_alone(lab: Lab, name: str) -> None:
    response = ask(lab, "openai", BODY, fault=name)
    assert (response.status_code, response.json()["error"]["code"]) == OWN[name]


def test_overloaded_amid_a_stream(lab: Lab) -> None:
    made = events(ask(lab, "openai", {**BODY, "stream": True}, fault="overloaded_stream"))
    assert len(made) == 4 and made[-1][1]["error"]["code"] == "server_is_overloaded"


def test_no_fault_is_without_a_test(lab: Lab) -> None:
    elsewhere = {"failed_response", "uncompleted_stream"}  # those of the Responses API
    assert own("openai") == {*OWN, *elsewhere}
    assert all(fault.says for fault in FAULTS["openai"].values())
    for name in ("html", "cut_json"):
        assert ask(lab, "openai", BODY, fault=name).status_code == 200
