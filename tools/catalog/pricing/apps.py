from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "tools.catalog.pricing"
