"""OTLP."""

from django.urls import path

from telemetry.api import traces

urlpatterns = [path("v1/traces", traces, name="otlp-traces")]
