from django.apps import AppConfig


class EvolutionConfig(AppConfig):
    name = "tools.llm.evolution"
    label = "evolution"
    verbose_name = "Prompts that mend themselves"
