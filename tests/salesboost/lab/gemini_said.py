"""Conversations with Gemini, for the tests of what the lab plays."""

from tests.salesboost.lab.talking import ASKED

CALL = {"functionCall": {"name": "get_time", "args": {"zone": "CET"}}}
RESULT = {"functionResponse": {"name": "get_time", "response": {"result": "noon"}}}
OLD = {"model": "gemini-2.5-flash-lite"}


def user(*parts):
    return {"role": "user", "parts": list(parts)}


def model(*parts):
    return {"role": "model", "parts": list(parts)}


def calls(parts):
    return [part["functionCall"] for part in parts if "functionCall" in part]


def results(parts):
    made = [
        {"functionResponse": {**{k: v for k, v in call.items() if k != "args"}, "response": {"result": "sunny"}}}
        for call in calls(parts)
    ]
    return user(*made)


def loop(parts):
    return [user({"text": ASKED}), model(*parts), results(parts)]


def parts_of(answer):
    return answer.json()["candidates"][0]["content"]["parts"]
