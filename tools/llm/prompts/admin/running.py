"""The form by which a version is tried with a model: what it offers, and what was asked in it."""

from dataclasses import dataclass
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from pydantic import ValidationError

from tools.llm.chat.body import ChatBody
from tools.llm.prompts.admin import trying
from tools.llm.prompts.admin.shown import CHANGE
from tools.llm.prompts.rendering import Version
from tools.running.runtime import get_executor
from tools.web.access import client_of_login

EXECUTE = "tools.execute_tool"


@dataclass(frozen=True, slots=True)
class Trial:
    """What the form shows: whom to ask, which tools, and what was typed before."""

    choices: list[trying.Choice]
    tools: list[str]
    route: str
    text: str
    chosen: list[str]

    @property
    def costs(self) -> bool:
        """Whether a vendor is paid by one of the choices at least."""
        return any(choice.costs for choice in self.choices)


def trial_of(request: HttpRequest) -> Trial | None:
    """The form as it stands; None for who may not run anything."""
    if not (request.user.has_perm(CHANGE) and request.user.has_perm(EXECUTE)):
        return None
    said = request.POST
    return Trial(
        choices=trying.choices(),
        tools=get_executor().registry.names(),
        route=said.get("route", ""),
        text=said.get("text", ""),
        chosen=said.getlist("tools"),
    )


def run_of(request: HttpRequest, version: Version) -> trying.Tried:
    """What a model made of the form. It may cost money."""
    said = request.POST
    if not said.get("text", "").strip():
        return trying.Tried(error="Write what the user says: a model answers to that.")
    try:
        body = ChatBody(
            text=said["text"],
            route=said.get("route", ""),
            tools=said.getlist("tools"),
            rounds=trying.MOST_ROUNDS,
            deadline_s=trying.MOST_S,
        )
    except ValidationError:
        return trying.Tried(error="What was typed is too long to be sent: 100,000 characters at most.")
    typed = {one.name: value for one in version.variables if (value := said.get(f"value-{one.name}", ""))}
    return trying.tried(version, typed, body, client_of_login(cast(User, request.user)))
