"""Template filters over ``dashboard.pages.errors``."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard.pages.errors import argument_map

register = template.Library()

_HOLE = re.compile(r"&lt;(n|id|value|url|email|phone|iban|ssn|name|address|path|time|duration|redacted)&gt;")

register.filter("change_words", argument_map.change_words)


@register.filter
def holes(pattern: str) -> SafeString:
    """A normalised message, with what differs from call to call set apart: ``within <n> s``."""
    return mark_safe(_HOLE.sub(r'<i class="hole">\1</i>', str(escape(pattern))))
