"""All addresses. Each package brings its own."""

from django.contrib import admin
from django.urls import include, path

from salesboost.reading import mount
from tools.api import api

admin.autodiscover()
mount(api)  # before the addresses of the API are made, by tools.urls

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("telemetry.urls")),
    path("", include("tools.urls")),
    path("", include("dashboard.operations.views")),
    path("", include("dashboard.urls")),
]
