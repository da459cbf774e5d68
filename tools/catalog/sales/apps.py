from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "tools.catalog.sales"
