"""Where a deployment's key is: stored, in a variable, or nowhere."""

from collections.abc import Mapping

from telemetry.database.sealing import UNOPENED, Unopened
from tools.llm.providers.addresses import fault_of_key
from tools.llm.providers.models import Deployment


def key_of(row: Deployment, environ: Mapping[str, str]) -> tuple[str, str]:
    """The key, and why there is none where there should be one."""
    if isinstance(row.key, Unopened):
        return "", f"The deployment {row.name} has a key that cannot be read: {UNOPENED}"
    key = environ.get(row.key_variable, "").strip() if row.key_variable else row.key
    if row.key_variable and not key:
        return "", (
            f"The deployment {row.name} takes its key from {row.key_variable}, which is not set: set it where "
            "SalesBoost runs and start it again, or store a key in the admin."
        )
    if fault := fault_of_key(key):
        return "", f"The deployment {row.name} cannot be asked: {fault}"
    return key, ""


def is_stored(deployment: Deployment) -> bool:
    """Whether a key lies in the database, be it one that cannot be read."""
    return bool(deployment.key) or isinstance(deployment.key, Unopened)
