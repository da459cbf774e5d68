"""Labels are moved by one at a time, and every move is kept."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tools.llm.prompts.errors import Moved, PromptError
from tools.llm.prompts.labels import add, move, to_roll_back_to, way_back
from tools.llm.prompts.models import Label, LabelMove
from tools.llm.prompts.writing import write


def production(prompt):
    return prompt.labels.get(name="production")


@pytest.mark.django_db
def test_a_move_is_kept_with_who_and_why(make_prompt):
    prompt = make_prompt()
    first, second = prompt.versions.order_by("number")
    move(production(prompt), first, by="ann", reason="the first")
    move(production(prompt), second, by="ben", reason=" shorter ")
    assert [(m.from_version, m.to_version, m.by, m.reason) for m in LabelMove.objects.all()] == [
        (first, second, "ben", "shorter"),
        (None, first, "ann", "the first"),
    ]
    assert production(prompt).version == second


@pytest.mark.django_db
def test_rolling_back_twice_leads_further_back_and_not_forth_again(make_prompt):
    prompt = make_prompt(versions=3)
    first, second, third = prompt.versions.order_by("number")
    assert to_roll_back_to(production(prompt)) is None
    for version in (first, second, third):
        move(production(prompt), version, by="ann", reason="better")
    for expected in (second, first):
        assert to_roll_back_to(production(prompt)) == expected
        move(production(prompt), expected, by="ann", reason="worse")
    assert to_roll_back_to(production(prompt)) is None
    move(production(prompt), third, by="ann", reason="mended")
    assert to_roll_back_to(production(prompt)) == first


@pytest.mark.parametrize(
    ("moves", "behind"),
    [
        ([], []),
        ([(None, 1)], [None]),
        ([(None, 1), (1, 2), (2, 1)], [None]),
        ([(None, 1), (1, 2), (2, 1), (1, 2)], [None, 1]),
        ([(None, 1), (1, 2), (2, 3), (3, 1)], [None, 1, 2, 3]),
        ([(None, 1), (1, 2), (2, 3), (3, 2), (2, 4)], [None, 1, 2]),
    ],
)
def test_a_move_back_is_taken_out_with_the_move_that_it_undid(moves, behind):
    assert way_back(moves) == behind


@pytest.mark.parametrize("reason", ["", "  "])
@pytest.mark.django_db
def test_a_move_wants_a_reason(make_prompt, reason):
    prompt = make_prompt()
    with pytest.raises(PromptError, match="Say why"):
        move(production(prompt), prompt.versions.first(), by="ann", reason=reason)


@pytest.mark.django_db
def test_what_is_no_move_is_refused(make_prompt):
    prompt, other = make_prompt(production=1), make_prompt("other")
    with pytest.raises(PromptError, match="production points at version 1 already"):
        move(production(prompt), prompt.versions.get(number=1), by="ann", reason="again")
    with pytest.raises(PromptError, match="other@2 is a version of another prompt"):
        move(production(prompt), other.versions.first(), by="ann", reason="again")
    assert LabelMove.objects.count() == 1


@pytest.mark.parametrize("start", [{}, {"production": 1}], ids=["of a label at nothing", "of one that points"])
@pytest.mark.django_db
def test_who_decided_by_an_old_page_is_told_who_was_first(make_prompt, start):
    prompt = make_prompt(versions=3, **start)
    seen_by_ben = production(prompt)
    move(production(prompt), prompt.versions.get(number=2), by="ann", reason="shorter")
    with pytest.raises(
        Moved, match=r"Nothing was moved: ann has pointed production at version 2 meanwhile \(shorter\)"
    ):
        move(seen_by_ben, prompt.versions.get(number=3), by="ben", reason="longer")
    assert production(prompt).version.number == 2
    assert LabelMove.objects.filter(by="ben").count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_moves_and_the_other_is_told(make_prompt):
    prompt = make_prompt(versions=9, production=1)
    both = Barrier(8)

    def act(number):
        try:
            seen, to = production(prompt), prompt.versions.get(number=number)
            both.wait(10)
            move(seen, to, by=f"admin {number}", reason="now")
        except Moved:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as crowd:
        moved = list(crowd.map(act, range(2, 10)))
    assert moved.count(True) == 1
    assert production(prompt).version.number == moved.index(True) + 2
    assert LabelMove.objects.filter(reason="now").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_once_each_has_a_number(make_prompt, draft):
    prompt = make_prompt(versions=1)
    both = Barrier(4)

    def act(author):
        try:
            both.wait(10)
            return write(prompt, draft(), author).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as crowd:
        assert sorted(crowd.map(act, "abcd")) == [2, 3, 4, 5]


@pytest.mark.django_db
def test_labels_of_ones_own(make_prompt):
    prompt = make_prompt()
    made = add(prompt, "germany", prompt.versions.get(number=2), by="ann", reason="a test there")
    assert (made.version.number, made.moves.get().reason) == (2, "a test there")
    for name, said in (("germany", "exists"), ("Über", "small letters"), ("", "blank")):
        with pytest.raises(PromptError, match=rf"cannot be made: .*{said}"):
            add(prompt, name, prompt.versions.first(), by="ann", reason="again")
    with pytest.raises(PromptError, match="Say why"):
        add(prompt, "france", prompt.versions.first(), by="ann", reason="")
    assert not Label.objects.filter(name="france").exists()


@pytest.mark.django_db
def test_there_are_not_more_labels_than_a_page_can_show(make_prompt):
    prompt = make_prompt()
    Label.objects.bulk_create(Label(prompt=prompt, name=f"own{number}") for number in range(18))
    with pytest.raises(PromptError, match="at most 20 labels"):
        add(prompt, "more", prompt.versions.first(), by="ann", reason="one more")
