"""The page that shows the API."""

import json
from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI, Swagger


class DocsPage(Swagger):
    """ninja's own, without ninja among Django's apps: workers would load it and all that it loads."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        said = {**self.settings, "url": self.get_openapi_url(api, kwargs)}
        with_csrf = any(getattr(each, "csrf", False) for each in cast("Sequence[Any]", api.auth or ()))
        context = {"swagger_settings": json.dumps(said, indent=1), "api": api, "add_csrf": with_csrf}
        return render(request, self.template, context)
