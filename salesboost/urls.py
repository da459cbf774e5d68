"""All addresses. Each package brings its own."""

from django.contrib import admin
from django.urls import include, path

from salesboost.read_api import mount
from tools.api.rest import api

admin.autodiscover()
mount(api)  # before the addresses of the API are made, by tools.api.urls

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("telemetry.urls")),
    path("", include("tools.api.urls")),
    path("", include("dashboard.operations.views")),
    path("", include("dashboard.urls")),
]
