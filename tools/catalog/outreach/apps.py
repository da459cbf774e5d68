from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "tools.catalog.outreach"
