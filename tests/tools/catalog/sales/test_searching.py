"""The index holds the words that a query asks for."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tools.catalog.sales.crm.entities import ENTITIES
from tools.catalog.sales.crm.finding import matching
from tools.catalog.sales.models import Customer
from tools.catalog.sales.models.searching import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Müller & Söhne", ["muller", "sohne"]),
        ("Straße", ["strasse"]),
        ("Łódź Ørsted", ["lodz", "orsted"]),
        ("anna.keller@nordlicht.de", ["anna", "keller", "nordlicht", "de"]),
        ("O'Brien", ["o", "brien"]),
        ("  ", []),
    ],
)
def test_words_are_plain_lower_case(text, words):
    assert words_of(text) == words


class TestIndex(TestCase):
    """Python's folding and the database's agree on any name made of European letters."""

    @settings(max_examples=60)
    @given(st.text(st.sampled_from("aZ09 .-@&'äÖüßéÈçñøŁłđĐžŠőİıœÆ"), min_size=1, max_size=40))
    def test_index_holds_the_words_of_any_name(self, name):
        Customer.objects.filter(name=name).delete()
        customer = Customer.objects.create(name=name, country="DE")
        with connection.cursor() as cursor:
            cursor.execute("SELECT tsvector_to_array(search) FROM sales_customer WHERE id = %s", [customer.pk])
            (indexed,) = cursor.fetchone()
        assert set(words_of(name)) <= set(indexed)


@pytest.mark.django_db
def test_a_search_is_answered_by_the_index():
    entity = ENTITIES["customer"]
    with connection.cursor() as cursor:
        # The tables of tests are too small to need an index, and any other would be walked whole.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    assert "customer_search" in matching(entity.rows(), entity, ["nordlicht"]).explain()
