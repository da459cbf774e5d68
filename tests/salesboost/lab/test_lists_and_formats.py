"""What the lab says beside answers: lists of models, answers that fit a schema, and what is left of a rate."""

import json
import re
from datetime import datetime

import httpx
import pytest
from jsonschema import Draft202012Validator

from salesboost.lab import Lab, Reply
from salesboost.lab.vendors import VENDORS

KEYS = {
    "authorization": "Bearer any",
    "x-api-key": "any",
    "x-goog-api-key": "any",
    "anthropic-version": "2023-06-01",
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
SAID = [{"role": "user", "content": "Rome for 3 days."}]
PATHS = {
    "openai": "/chat/completions",
    "groq": "/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/models/gemini-3.8-flash:generateContent",
    "responses": "/responses",
}
CONTENTS = [{"role": "user", "parts": [{"text": "Rome for 3 days."}]}]
NAMED = {"name": "trip", "schema": SCHEMA, "strict": True}
BODIES = {
    "openai": {
        "model": "gpt-5.2",
        "messages": SAID,
        "response_format": {"type": "json_schema", "json_schema": NAMED},
    },
    "groq": {
        "model": "openai/gpt-oss-120b",
        "messages": SAID,
        "response_format": {"type": "json_schema", "json_schema": NAMED},
    },
    "responses": {"model": "gpt-6-sol", "input": SAID, "text": {"format": {"type": "json_schema", **NAMED}}},
    "anthropic": {
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "messages": SAID,
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    },
    "gemini": {
        "contents": CONTENTS,
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    },
}


def ask(lab, name):
    vendor = "openai" if name == "responses" else name
    return httpx.post(lab.url(vendor) + PATHS[name], headers=KEYS, json=BODIES[name])


def text_of(body):
    """The text of an answer of any vendor: the longest there is."""
    found, left = [], [body]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            found += [one[name] for name in ("text", "content") if isinstance(one.get(name), str)]
            left += one.values()
        elif isinstance(one, list):
            left += one
    return next(text for text in found if text.startswith("{"))


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_fits_the_schema_that_was_asked_for(provider_lab, name):
    answer = ask(provider_lab, name)
    assert answer.status_code == 200, answer.text
    made = json.loads(text_of(answer.json()))
    Draft202012Validator(SCHEMA).validate(made)
    assert made["days"] == 3


def test_what_the_lab_was_told_to_say_is_said_whatever_the_schema(provider_lab):
    provider_lab.say(Reply(text="No JSON."))
    assert "No JSON." in ask(provider_lab, "openai").text


IDS = {
    "openai": lambda body: [one["id"] for one in body["data"] if one["object"] == "model"],
    "groq": lambda body: [one["id"] for one in body["data"] if one["active"]],
    "xai": lambda body: [one["id"] for one in body["data"]],
    "openrouter": lambda body: [one["id"] for one in body["data"] if float(one["pricing"]["prompt"])],
    "anthropic": lambda body: [one["id"] for one in body["data"] if one["type"] == "model"],
    "gemini": lambda body: [one["name"].removeprefix("models/") for one in body["models"]],
}
GONE = {"openai": {"gpt-5", "o3"}, "anthropic": {"claude-sonnet-4-5"}, "gemini": {"gemini-2.5-pro"}}
WITHOUT_KEY = {"xai": 400, "gemini": 403, "openrouter": 200}


def listed(lab, vendor, **headers):
    path = "/v1/models" if vendor == "anthropic" else "/models"
    return httpx.get(lab.url(vendor) + path, headers=headers)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_lists_the_models_that_it_has_that_day(provider_lab, vendor):
    before, after = (
        IDS[vendor](listed(provider_lab, vendor, **KEYS, **{"x-lab-day": day}).json())
        for day in ("2026-11-01", "2026-12-20")
    )
    assert set(before) - set(after) == GONE.get(vendor, set())
    assert set(after) <= set(before)
    assert listed(provider_lab, vendor).status_code == WITHOUT_KEY.get(vendor, 401)


def test_what_is_left_of_a_rate_is_said_as_each_vendor_says_it():
    with Lab(clock=lambda: 1_796_083_200.0) as lab:
        openai, groq, claude = (ask(lab, name).headers for name in ("openai", "groq", "anthropic"))
        for headers in (openai, groq):
            assert headers["x-ratelimit-remaining-requests"] == "999"
            assert 0 < int(headers["x-ratelimit-remaining-tokens"]) < int(headers["x-ratelimit-limit-tokens"])
            assert re.fullmatch(r"(\d+m)?[\d.]+s", headers["x-ratelimit-reset-tokens"])
        for name in ("requests", "tokens", "input-tokens", "output-tokens"):
            assert int(claude[f"anthropic-ratelimit-{name}-remaining"]) > 0
            at = datetime.fromisoformat(claude[f"anthropic-ratelimit-{name}-reset"])
            assert at.timestamp() == 1_796_083_260
        assert not [name for name in ask(lab, "gemini").headers if "ratelimit" in name]
        lab.fail("rate_limited", vendor="anthropic")
        assert ask(lab, "anthropic").headers["anthropic-ratelimit-requests-remaining"] == "0"
        lab.fail("server_error", vendor="openai")
        assert not [name for name in ask(lab, "openai").headers if "ratelimit" in name]
