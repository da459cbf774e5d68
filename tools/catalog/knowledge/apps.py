from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "tools.catalog.knowledge"
