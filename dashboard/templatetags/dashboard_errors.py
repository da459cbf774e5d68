"""Template filters over ``dashboard.errors``."""

from django import template

from dashboard.errors import arguments

register = template.Library()

register.filter("change_words", arguments.change_words)
