"""Who sends a request, and what they may do: an API key or a person's login. An address is nobody."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Permission, User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from ninja.utils import check_csrf

from tools.decisions.live import KeyInfo
from tools.errors import NotAuthorized, ToolError
from tools.models import Scope
from tools.web.problem import NotAuthenticated, ProblemResponse

PERSONS_ROLE = "coach"
UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")


# What lets a person do what a scope lets a key do. Where it depends on the thing, ``need`` is told the permission.
PERMISSION_OF: Mapping[str, str] = {
    Scope.EXECUTE: "tools.execute_tool",
    Scope.READ: "telemetry.view_span",
    Scope.PAYLOADS: "telemetry.view_spanpayload",
    Scope.METRICS: "telemetry.view_span",
}
ANY_ROLE = "tools.execute_as_any_role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who sends a request: a key, which goes by scopes, or a person, who goes by ``permissions`` (None: a key).

    ``roles`` are the caller roles that it may claim; None: any.
    """

    name: str
    scopes: frozenset[str] = frozenset()
    permissions: frozenset[str] | None = None
    roles: frozenset[str] | None = frozenset()
    default_role: str = ""
    key_name: str = ""

    def may(self, *scopes: str, permission: str = "") -> bool:
        """Whether a key has one of *scopes*, or a person *permission* (default: those that go with the scopes)."""
        if permission and self.permissions is not None:
            return permission in self.permissions
        return not self.scopes.isdisjoint(scopes)

    def need(self, *scopes: str, permission: str = "") -> None:
        """Raises NotAuthorized unless the client ``may``."""
        if self.may(*scopes, permission=permission):
            return
        if self.permissions is not None:
            wanted = permission or " or ".join(PERMISSION_OF[scope] for scope in scopes if scope in PERMISSION_OF)
            raise NotAuthorized(
                f"{self.name!r} may not do this: it wants the permission {wanted}.",
                code="missing_permission",
                hint="an admin gives people permissions, best by groups, under /admin/auth/",
            )
        wanted = " or ".join(repr(str(scope)) for scope in scopes)
        raise NotAuthorized(
            f"{self.name!r} may not do this: it lacks the scope {wanted}.",
            code="missing_scope",
            hint="an admin gives API keys their scopes under /admin/tools/apikey/",
        )

    @property
    def sender(self) -> str:
        """What tells one client from the other: a key and a person may have the same name."""
        return f"key {self.key_name}" if self.key_name else f"user {self.name}"

    @property
    def sees_payloads(self) -> bool:
        """Whether it may see the arguments, results and messages of calls."""
        return Scope.PAYLOADS in self.scopes

    def role(self, claimed: str) -> str:
        """The role that a call runs under. Raises NotAuthorized if *claimed* is not the client's to claim."""
        if not claimed or claimed == self.default_role or self.roles is None or claimed in self.roles:
            return claimed or self.default_role
        may = ", ".join(sorted({self.default_role, *self.roles} - {""})) or "none"
        raise NotAuthorized(
            f"{self.name!r} may not call as role {claimed[:80]!r}.",
            code="role_not_granted",
            hint=f"roles that it may claim: {may}",
        )


def client_of_key(key: KeyInfo) -> Client:
    return Client(
        name=key.name,
        scopes=key.scopes,
        roles=None if key.any_role else key.roles,
        default_role=key.default_role,
        key_name=key.name,
    )


def client_of_login(user: AbstractBaseUser | AnonymousUser) -> Client:
    """What a person may do goes by Django's permissions, which are read here; call it in a thread."""
    return client_of_person(user, frozenset(user.get_all_permissions() if isinstance(user, User) else ()))


def permissions_of(users: Iterable[User]) -> dict[int, frozenset[str]]:
    """As ``get_all_permissions`` says of each of *users*, who are active: two queries, or three, for all."""
    everybody = {user.pk: user for user in users}
    found: dict[int, set[str]] = {pk: set() for pk in everybody}
    for whose in ("user", "group__user"):
        held = Permission.objects.filter(**{f"{whose}__in": everybody}).order_by()
        for pk, app, codename in held.values_list(whose, "content_type__app_label", "codename"):
            found.get(pk, set()).add(f"{app}.{codename}")
    if any(user.is_superuser for user in everybody.values()):
        each = Permission.objects.order_by().values_list("content_type__app_label", "codename")
        every = {f"{app}.{codename}" for app, codename in each}
        found |= {pk: every for pk, user in everybody.items() if user.is_superuser}
    return {pk: frozenset(names) for pk, names in found.items()}


def client_of_person(user: AbstractBaseUser | AnonymousUser, permissions: frozenset[str]) -> Client:
    """Who *user* is to the tools, with those *permissions*."""
    return Client(
        name=user.get_username(),
        scopes=frozenset(scope for scope, permission in PERMISSION_OF.items() if permission in permissions),
        permissions=permissions,
        roles=None if ANY_ROLE in permissions else frozenset(),
        default_role=PERSONS_ROLE,
    )


async def find_client(request: HttpRequest) -> Client:
    """Who sends *request*: its API key, else its login.

    Raises NotAuthenticated, or NotAuthorized for a change by login without its CSRF token.
    """
    key = getattr(request, "api_key", None)
    if key is not None:
        return client_of_key(key)
    user = await request.auser()
    if user.is_authenticated:
        if request.method in UNSAFE_METHODS and check_csrf(request):
            raise NotAuthorized(
                "The CSRF token is missing or wrong.",
                code="csrf",
                hint="send the csrftoken cookie's value as the header X-CSRFToken, or use an API key",
            )
        return await sync_to_async(client_of_login)(user)
    raise NotAuthenticated(
        "This address needs an API key or a login.",
        hint="send the Authorization header, 'Bearer' and the key, or log in at /login/",
    )


def visible_to(*scopes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a view for keys and logins that have one of *scopes* (any, where none is named).

    Others get a problem document: 401 where nobody is known to ask, 403 where the scope is missing.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        answer_to = view if iscoroutinefunction(view) else sync_to_async(view)

        @csrf_exempt  # find_client checks the token where a login is what lets the caller in
        @wraps(view)
        async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                client = await find_client(request)
                if scopes:
                    client.need(*scopes)
                answer: HttpResponseBase = await answer_to(request, *args, **kwargs)
            except ToolError as error:
                return ProblemResponse(error)
            return answer

        return guarded

    return decorate


visible = visible_to()
