from django.apps import AppConfig


class AdjustingConfig(AppConfig):
    name = "tools.llm.adjusting"
    label = "adjusting"
    verbose_name = "Prompts that adjust themselves"
