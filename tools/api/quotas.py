"""What is left of quotas, over REST."""

from typing import Any

from ninja import Router, Schema
from pydantic import Field

from tools.api.rest import ApiRequest, answer, may_look
from tools.decisions import live
from tools.models import Scope
from tools.quotas.usage import usage_of
from tools.web.answers import ERRORS, Problem

router = Router(auth=[may_look])


class Quota(Schema):
    period: str = Field(description="day or month, of UTC.")
    limit: int
    used: int
    left: int
    resets_at: str = Field(description="When it begins anew.")


class KeyQuotas(Schema):
    api_key: str
    quotas: list[Quota] = Field(description="Empty: the key may call as often as it likes.")


class Limits(Schema):
    limits: list[KeyQuotas]


@router.get("/limits", response={200: Limits, ERRORS: Problem})
async def list_limits(request: ApiRequest) -> Any:
    """Quotas of API keys and what is used of them: the caller's own key's, with scope `read` all."""
    client, keys = request.auth, live.valid_keys()
    if Scope.READ not in client.scopes:
        keys = [key for key in keys if key.name == client.key_name]
    return answer({"limits": [usage.as_dict() for usage in await usage_of(keys)]})
