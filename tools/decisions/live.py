"""What admins decided, known to this process without a query: edits of tools, and API keys.

A daemon thread reads both tables every second (two queries), so an edit acts within two seconds in every
process; while Postgres is away the last snapshot stays.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from tools.definition.policy import UNLIMITED, BreakerHold, Rate, ToolPolicy
from tools.process.renewal import Renewed

if TYPE_CHECKING:
    from tools.definition.tool import ToolDefinition

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key that was valid when the snapshot was taken.

    ``roles`` are those it may claim beside its own; ``services`` empty: it may send spans of any.
    """

    name: str
    prefix: str
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    default_role: str = ""
    quota_day: int = 0  # calls of all tools; 0: as many as they like
    quota_month: int = 0
    services: frozenset[str] = frozenset()  # whose spans it may send
    any_role: bool = False
    models_usd_day: Decimal | None = None  # what it may have models asked for; None: as much as it likes
    models_tokens_day: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """Edits by tool name and keys by hash, at one moment."""

    edits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    keys: Mapping[str, KeyInfo] = field(default_factory=dict)
    _policies: "dict[str, tuple[ToolDefinition[..., Any], ToolPolicy]]" = field(default_factory=dict, repr=False)

    @cached_property
    def keys_by_name(self) -> Mapping[str, KeyInfo]:
        """The same keys by name, of which none has two."""
        return {key.name: key for key in self.keys.values()}

    def policy(self, definition: "ToolDefinition[..., Any]") -> ToolPolicy:
        """The tool's policy with its edits; worked out once a snapshot."""
        found = self._policies.get(definition.name)
        if found is None or found[0] is not definition:
            found = (definition, edited(definition.policy, self.edits.get(definition.name, {})))
            self._policies[definition.name] = found
        return found[1]


def edited(policy: ToolPolicy, edits: Mapping[str, Any]) -> ToolPolicy:
    """*policy* with a row's edits. A rate that cannot be read is left out: a typo must not stop the tool."""
    changes = dict(edits)
    for name in ("rate", "caller_rate"):
        text = changes.pop(name, "")
        try:
            rate: dict[str, Any] = {name: None if text == UNLIMITED else Rate.parse(text)} if text else {}
            policy = replace(policy, **rate)
        except ValueError as error:
            logger.error("an admin's edit is ignored: %s", error)
    if "breaker_hold" in changes:
        changes["breaker_hold"] = BreakerHold(changes["breaker_hold"])
    return policy.with_edits(changes)


def read_snapshot() -> Snapshot:
    """Both tables, in two queries."""
    from tools.models import ApiKey, Tool

    return Snapshot(
        edits={tool.name: tool.edits() for tool in Tool.objects.all()},
        keys={
            key.hash: KeyInfo(
                name=key.name,
                prefix=key.prefix,
                scopes=frozenset(key.scopes),
                roles=frozenset(key.roles),
                any_role=key.any_role,
                expires_at=key.expires_at,
                default_role=key.default_role,
                quota_day=key.quota_day or 0,
                quota_month=key.quota_month or 0,
                services=frozenset(key.services),
                models_usd_day=key.models_usd_day,
                models_tokens_day=key.models_tokens_day,
            )
            for key in ApiKey.objects.valid()
        },
    )


class Live(Renewed[Snapshot]):
    """What admins decided, as this process knows it."""

    def __init__(self) -> None:
        super().__init__(Snapshot(), "edits of tools and keys")
        self._used: set[str] = set()

    def policy(self, definition: "ToolDefinition[..., Any]") -> ToolPolicy:
        """How *definition* may be called right now."""
        return self.current().policy(definition)

    def key(self, sha256_hex: str) -> KeyInfo | None:
        """The valid key of that hash."""
        found = self.current().keys.get(sha256_hex)
        if found is None or (found.expires_at is not None and found.expires_at <= timezone.now()):
            return None
        self._used.add(sha256_hex)
        return found

    def key_named(self, name: str) -> KeyInfo | None:
        """The valid key of that name; for its quotas, not to let anybody in."""
        return self.snapshot.keys_by_name.get(name)

    def valid_keys(self) -> list[KeyInfo]:
        """All valid keys, by name."""
        now = timezone.now()
        valid = [key for key in self.current().keys.values() if not key.expires_at or key.expires_at > now]
        return sorted(valid, key=lambda key: key.name)

    def read(self) -> Snapshot:
        return read_snapshot()

    def after_reading(self) -> None:
        """Note which keys were used."""
        from tools.models import ApiKey

        if self._used:
            used, self._used = self._used, set()
            ApiKey.objects.note_used(used)


_live = Live()
policy = _live.policy
key = _live.key
key_named = _live.key_named
valid_keys = _live.valid_keys
current = _live.current
start = _live.start
stop = _live.stop
refresh = _live.refresh
pinned = _live.pinned
