from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "tools.llm.prompts"
    label = "prompts"
    verbose_name = "Prompts"
