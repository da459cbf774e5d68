"""Names are mapped to ones that a provider takes, and back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tools.definition.dialects import DIALECTS, NameMap

PLAIN = re.compile("[a-zA-Z0-9_-]{1,64}")
NAMES = st.text(st.sampled_from("abAB01_-./ é"), min_size=1, max_size=90)


@given(st.lists(NAMES, unique=True, max_size=8))
def test_every_name_gets_one_of_its_own_that_leads_back(names):
    made = NameMap(names, PLAIN)
    exported = [made.exported(name) for name in names]
    assert len(set(exported)) == len(names)
    assert all(PLAIN.fullmatch(one) for one in exported)
    assert [made.ours(one) for one in exported] == names


@given(st.lists(NAMES, unique=True, max_size=5), NAMES)
def test_a_name_is_mapped_alike_whatever_else_is_exported(names, name):
    assert NameMap([*names, name], PLAIN).exported(name) == NameMap([name], PLAIN).exported(name)


def test_a_name_that_is_taken_stays_and_one_that_is_not_gets_a_hash():
    made = NameMap(["crm_read", "crm.read", "crm/read"], PLAIN)
    assert made.exported("crm_read") == "crm_read"
    assert made.exported("crm.read") == "crm_read_b6c496"
    assert len(made) == 3


def test_a_name_that_looks_like_a_mapped_one_keeps_its_own():
    taken = NameMap(["crm.read"], PLAIN).exported("crm.read")
    made = NameMap(["crm.read", taken], PLAIN)
    assert made.exported(taken) == taken and made.exported("crm.read") != taken


def test_a_long_name_is_cut():
    assert len(NameMap(["a" * 200], PLAIN).exported("a" * 200)) == 64


def test_a_name_that_was_never_exported_stays_as_it_is():
    assert NameMap([], PLAIN).ours("invented.tool") == "invented.tool"


def test_every_dialect_takes_its_own_mapped_names():
    for dialect in DIALECTS.values():
        assert dialect.names.fullmatch(NameMap(["1 bad näme/."], dialect.names).exported("1 bad näme/."))
