"""With whose rights a job runs, and who may change it."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from tools.decisions import live
from tools.decisions.live import KeyInfo
from tools.errors import NotAuthorized
from tools.jobs.models import Job
from tools.models import ApiKey, Scope
from tools.web.access import Client, client_of_key, client_of_login


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """Who submits a job. The default is our own code, which may do everything."""

    client: Client = field(default=Client(name="", scopes=frozenset(Scope), roles=None))
    api_key: ApiKey | None = None
    user: User | None = None

    @property
    def name(self) -> str:
        """What tells one submitter from the other; empty for our own code."""
        if self.api_key is not None:
            return f"key {self.api_key.name}"
        return f"user {self.user.get_username()}" if self.user is not None else ""


def submitter_of_key(key: ApiKey) -> Submitter:
    info = KeyInfo(
        name=key.name,
        prefix=key.prefix,
        scopes=frozenset(key.scopes),
        roles=frozenset(key.roles),
        any_role=key.any_role,
        expires_at=key.expires_at,
        default_role=key.default_role,
    )
    return Submitter(client=client_of_key(info), api_key=key)


def submitter_of_user(user: User) -> Submitter:
    return Submitter(client=client_of_login(user), user=user)


def submitter_of_request(request: Any) -> Submitter:
    """Who sends *request*, as a submitter. Raises NotAuthorized for a key that was revoked this very moment."""
    client: Client = request.auth
    if not client.key_name:  # a request with a key has no user
        return Submitter(client=client, user=request.user)
    key = ApiKey.objects.valid().filter(name=client.key_name).first()
    if key is None:
        raise NotAuthorized(f"The API key {client.key_name!r} was revoked.", code="submitter_gone")
    return Submitter(client=client, api_key=key)


def submitter_of(job: Job) -> Submitter:
    """Who submitted *job*, as they are now. Raises NotAuthorized where they are no more."""
    if not job.submitter:
        return Submitter()
    key = ApiKey.objects.valid().filter(pk=job.api_key_id).first() if job.api_key_id else None
    if key is not None:
        return submitter_of_key(key)
    user = User.objects.filter(pk=job.user_id, is_active=True).first() if job.user_id else None
    if user is not None:
        return submitter_of_user(user)
    gone = (
        "the API key was revoked, expired or deleted" if job.submitter.startswith("key ") else "the user is gone"
    )
    raise NotAuthorized(
        f"The job's submitter ({job.submitter}) may not call tools any more: {gone}.",
        code="submitter_gone",
        hint="make the submitter valid again and resume the job, or submit it anew as somebody else",
    )


def check_may_run(job: Job) -> None:
    """Raises NotAuthorized unless whoever submitted *job* may still call tools in its role."""
    client = submitter_of(job).client
    client.need(Scope.EXECUTE)
    client.role(job.caller_role)


def check_may_change(job: Job, client: Client) -> None:
    """Raises NotAuthorized unless *client* may pause, edit or replay *job*.

    Its submitter may, a key with the scope "manage", a person who may change jobs; nobody may have calls made
    in a role that is not theirs.
    """
    client.need(Scope.EXECUTE)
    if client.sender != job.submitter:
        client.need(Scope.MANAGE, permission="jobs.change_job")
    client.role(job.caller_role)


def may_change(job: Job, client: Client) -> bool:
    try:
        check_may_change(job, client)
    except NotAuthorized:
        return False
    return True


def disallowed(names: set[str], role: str) -> dict[str, str]:
    """Why *role* may not call which of the tools *names*; the names are of tools that exist."""
    from tools.running.runtime import get_executor

    reasons = {}
    for name in sorted(names):
        policy = live.policy(get_executor().registry.get(name))
        if not policy.enabled:
            reasons[name] = "it is switched off"
        elif policy.roles and role not in policy.roles:
            reasons[name] = f"role {role!r} may not call it, {' or '.join(sorted(policy.roles))} may"
    return reasons
