"""The table and the pill of all pages, as the browser gets them."""

import pytest
from django.template import Context, Template

from dashboard.wording.states import HEALTHY

LOAD = "{% load dashboard_parts %}"
ROWS = (
    '{% table "Days" "Day|#Spans|~Act" of=days empty="None <b>yet</b>." %}'
    "{% for day in days %}<tr><td>{{ day }}{% endfor %}{% endtable %}"
)


def drawn(text, **context):
    return Template(LOAD + text).render(Context(context))


def test_a_table_has_a_region_that_scrolls_and_a_head():
    html = drawn(ROWS, days=["<i>"])
    assert html.startswith('<div class="scroll" tabindex="0" role="region" aria-label="Days"><table><thead><tr>')
    assert '<th scope="col">Day</th><th scope="col" class="num">Spans</th>' in html
    assert (
        '<th scope="col"><span class="hidden">Act</span></th></tr></thead><tbody><tr><td>&lt;i&gt;</tbody>' in html
    )


def test_an_empty_one_is_a_sentence():
    assert drawn(ROWS, days=[]) == '<p class="empty">None <b>yet</b>.</p>'


def test_what_a_sender_named_is_escaped():
    html = drawn("{% table name columns %}{% endtable %}", name='"><script>', columns="<b>|#<i>")
    assert "<script>" not in html and "<b>" not in html and "<i>" not in html
    assert "<script>" not in drawn("{% table 'x' of=days empty=name %}{% endtable %}", days=[], name="<script>")


@pytest.mark.parametrize("columns", ["", "One"])
def test_a_table_may_have_a_style_and_a_head_of_its_own(columns):
    html = drawn("{% table 'x' columns style='stack' %}<thead>mine</thead>{% endtable %}", columns=columns)
    assert '<table class="stack">' in html
    assert html.count("<thead>") == 1 + bool(columns)


def test_a_state_is_a_pill():
    assert drawn("{% pill state %}", state=HEALTHY) == '<span class="pill good">healthy</span>'
