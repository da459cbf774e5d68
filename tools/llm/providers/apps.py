from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "tools.llm.providers"
    label = "providers"
    verbose_name = "Models and routes"
