"""Links to the calls behind what a template shows."""

from django import template
from django.urls import reverse

from dashboard.addresses.selection import Selection

register = template.Library()


@register.simple_tag
def calls_url(period: str = "24h", **filters: str) -> str:
    """The trace explorer's address for the calls of *filters*: ``{% calls_url tool="crm" outcome="failed" %}``."""
    return f"{reverse('traces')}?{Selection.from_query({'period': period}).calls(**filters)}"
