from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.knowledge.passages import MAX_WORDS, split_markdown

LONG = "One sentence of six words here. " * 20  # 120 words


def test_a_section_is_a_passage_that_knows_its_headings():
    first, second = split_markdown(f"Intro. {LONG}\n\n## Discounts\n\n### Approval\n\n{LONG}\n")
    assert (first.section, second.section) == ("", "Discounts › Approval")
    assert second.body == LONG.strip()


def test_a_heading_of_the_same_level_replaces_the_one_before():
    passages = split_markdown(f"## A\n\n### B\n\n{LONG}\n\n## C\n\n{LONG}")
    assert [passage.section for passage in passages] == ["A › B", "C"]


def test_short_sections_share_a_passage_that_names_both():
    (passage,) = split_markdown("## Fees\n\nTen euros.\n\n## Taxes\n\nNone.\n")
    assert passage.section == "Fees · Taxes"
    assert passage.body == "Ten euros.\n\n## Taxes\n\nNone."


def test_a_long_section_is_cut_between_paragraphs():
    passages = split_markdown(f"## Long\n\n{LONG}\n\n{LONG}")
    assert [(passage.section, passage.body) for passage in passages] == [("Long", LONG.strip())] * 2


def test_a_paragraph_longer_than_a_passage_is_cut_between_sentences():
    passages = split_markdown(LONG * 3)
    assert len(passages) == 2
    assert all(passage.body.endswith(".") for passage in passages)


def test_a_table_and_a_code_block_stay_whole_and_a_hash_in_code_is_no_heading():
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |"
    code = "```sh\n# not a heading\nls\n```"
    (passage,) = split_markdown(f"## Set-up\n\n{table}\n\n{code}")
    assert passage.section == "Set-up"
    assert passage.body == f"{table}\n\n{code}"


def test_nothing_and_headings_alone_make_no_passage():
    assert split_markdown("") == split_markdown("# Title\n\n## Section\n") == []


words = st.text(st.sampled_from("ab#-*`> \n.|1"), max_size=400)


@given(words)
def test_no_markdown_makes_an_error_or_a_passage_that_is_too_long(markdown):
    passages = split_markdown(markdown)
    assert all(passage.body.strip() for passage in passages)
    assert all(len(passage.body.split()) <= 2 * MAX_WORDS for passage in passages)


@given(st.lists(st.integers(1, 400), max_size=8))
def test_no_word_is_lost(lengths):
    markdown = "\n\n".join(
        " ".join(f"w{section}x{index}" for index in range(length)) for section, length in enumerate(lengths)
    )
    assert " ".join(passage.body for passage in split_markdown(markdown)).split() == markdown.split()
