from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "tools.llm.evaluation"
    label = "evaluation"
    verbose_name = "Evaluations"
