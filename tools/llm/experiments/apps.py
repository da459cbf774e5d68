from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    name = "tools.llm.experiments"
    label = "experiments"
    verbose_name = "Experiments"
