"""What is used of quotas, in the list of API keys."""

from asgiref.sync import async_to_sync
from django.http import HttpRequest
from unfold.views import ChangeList

from tools.quotas.usage import usage_of


class KeyList(ChangeList):
    """Its rows know their ``usage``, asked once for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = list(self.result_list)
        for key, usage in zip(keys, async_to_sync(usage_of)(keys), strict=True):
            key.usage = usage
