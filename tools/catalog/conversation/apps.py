from django.apps import AppConfig


class ConversationConfig(AppConfig):
    name = "tools.catalog.conversation"
