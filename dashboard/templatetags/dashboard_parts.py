"""Parts that many pages are made of: a table with its head, and a state as a pill."""

from collections.abc import Collection

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.wording.states import State

register = template.Library()

REGION = '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table{}>{}</table></div>'


@register.simple_tag
def pill(state: State) -> SafeString:
    """A state in its word, with the colour and the shape of its tone."""
    return format_html('<span class="pill {}">{}</span>', state.tone, state.word)


@register.simple_block_tag
def table(
    content: str,
    label: str,
    columns: str = "",
    style: str = "",
    of: Collection[object] | None = None,
    empty: str = "",
) -> SafeString:
    """A table that scrolls by itself: ``{% table "Days" "Day|#Spans" of=days empty="None." %}…{% endtable %}``.

    *columns* are the words of its head, ``#`` before those over numbers, ``~`` before those that are only read
    aloud; without them *content* has a head and a body. Where nothing is in *of*, *empty* stands there instead.
    """
    if of is not None and not of:
        return format_html('<p class="empty">{}</p>', empty)
    inside = f"{head(columns)}<tbody>{content}</tbody>" if columns else content
    return format_html(REGION, label, format_html(' class="{}"', style) if style else "", mark_safe(inside))


def head(columns: str) -> str:
    """The head of a table. Pure."""
    return f"<thead><tr>{''.join(map(_cell, columns.split('|')))}</tr></thead>"


def _cell(words: str) -> str:
    if words.startswith("#"):
        return f'<th scope="col" class="num">{escape(words[1:])}</th>'
    if words.startswith("~"):
        return f'<th scope="col"><span class="hidden">{escape(words[1:])}</span></th>'
    return f'<th scope="col">{escape(words)}</th>'
