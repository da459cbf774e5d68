from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "tools.catalog.compliance"
