"""Whether the SMS gateway answers us. Nothing is sent: one request lists the newest message of our account.

By Python's own HTTP client: a server probes, and is not to load that of ``gateway.py`` for it.
"""

from base64 import b64encode

from django.conf import settings

from tools.catalog.outreach.refusals import BAD_CREDENTIALS, bad_credentials, not_configured, unreachable
from tools.errors import ProviderError

TIMEOUT_S = 2.0


def gateway_answers() -> None:
    """Raises ProviderError where it does not, does not know us, or is in trouble."""
    # Not above: not all processes with this tool probe it.
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    if not settings.SMS_GATEWAY_URL:
        raise not_configured()
    account = settings.SMS_GATEWAY_ACCOUNT
    login = b64encode(f"{account}:{settings.SMS_GATEWAY_TOKEN}".encode()).decode()
    address = f"{settings.SMS_GATEWAY_URL.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json?PageSize=1"
    try:
        with urlopen(Request(address, headers={"Authorization": f"Basic {login}"}), timeout=TIMEOUT_S):
            return
    except HTTPError as error:
        error.close()
        if error.code in BAD_CREDENTIALS:
            raise bad_credentials() from error
        raise ProviderError(f"The SMS gateway is in trouble: it answers {error.code}.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise unreachable() from error
