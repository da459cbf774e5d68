"""How often a password may be guessed: django-axes counts, the limits are ours.

axes has one limit for all that it counts by, and forgets after a success all that it counted by any of it: whoever
has an account could guess for ever at the others, by logging in in between.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from salesboost.login.conf import COOL_OFF, FAILURE_LIMIT

# Wrong passwords within the cool-off: for one account from one address; from one address for any accounts, so
# that an office behind one address is not shut out by a few typos; for one account from all addresses together.
OF_ACCOUNT_AT_ADDRESS, OF_ADDRESS, OF_ACCOUNT = 5, 50, 100


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords within the cool-off, and when the newest of each kind was."""

    pair: int = 0
    address: int = 0
    account: int = 0
    pair_at: datetime | None = None
    address_at: datetime | None = None
    account_at: datetime | None = None

    def newest_that_lock(self, *, is_known: bool) -> datetime | None:
        """When the newest of those was that lock; None where nothing is locked. Pure.

        *is_known*: the account has logged in from this address lately. What strangers do elsewhere does not lock
        it out there.
        """
        locking = (
            self.pair_at if self.pair >= OF_ACCOUNT_AT_ADDRESS else None,
            self.address_at if self.address >= OF_ADDRESS else None,
            self.account_at if self.account >= OF_ACCOUNT and not is_known else None,
        )
        return max(filter(None, locking), default=None)


class LoginThrottle(AxesDatabaseHandler):
    """The setting ``AXES_HANDLER``."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The limit that axes compares it with where the log-in is locked, else 0."""
        return FAILURE_LIMIT if locked_until(request, credentials) else 0

    def filter_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> list[QuerySet[AccessAttempt]]:
        """What a success forgets: the wrong passwords of this account from this address, and no others."""
        return [AccessAttempt.objects.filter(_of_account(request, credentials), _of_address(request))]


def locked_until(request: HttpRequest, credentials: dict[str, Any] | None) -> datetime | None:
    """Until when this account may not log in from this address; None where it may. A query, seldom two."""
    found = _failures(request, credentials)
    newest = found.newest_that_lock(is_known=found.account >= OF_ACCOUNT and _is_known(request, credentials))
    return newest + COOL_OFF if newest else None


def _failures(request: HttpRequest, credentials: dict[str, Any] | None) -> Failures:
    account, address = _of_account(request, credentials), _of_address(request)
    recent = AccessAttempt.objects.filter(account | address, attempt_time__gte=get_cool_off_threshold(request))
    kinds = {"pair": account & address, "address": address, "account": account}
    counts = {name: Coalesce(Sum("failures_since_start", filter=kind), 0) for name, kind in kinds.items()}
    times = {f"{name}_at": Max("attempt_time", filter=kind) for name, kind in kinds.items()}
    return Failures(**recent.aggregate(**counts, **times))


def _is_known(request: HttpRequest, credentials: dict[str, Any] | None) -> bool:
    """Whether the account has logged in from this address; what is older than a month is deleted."""
    known: bool = AccessLog.objects.filter(_of_account(request, credentials), _of_address(request)).exists()
    return known


def _of_account(request: HttpRequest, credentials: dict[str, Any] | None) -> Q:
    return Q(username=get_client_username(request, credentials))


def _of_address(request: Any) -> Q:
    address = request.axes_ip_address
    return Q(ip_address=address) if address else Q(ip_address__isnull=True)
