from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "tools.llm.chat"
    label = "chat"
    verbose_name = "Conversations"
