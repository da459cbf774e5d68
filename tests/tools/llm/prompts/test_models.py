"""What is written stays as it is: by Python's word and by the database's."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from tools.llm.prompts.errors import BadPrompt, Fixed
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.models import LabelMove, Prompt, PromptVersion, Variant
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import MOST_CHARS, faults, write

pytestmark = pytest.mark.django_db
DETAILED = (Family.DETAILED, Rung.DETAILED)
BRIEF = (Family.BRIEF, Rung.SIMPLE)


def test_versions_count_within_their_prompt(make_prompt, draft):
    one, other = make_prompt("one"), make_prompt("other")
    assert str(write(one, draft(), "ann")) == "one@3"
    assert [version.number for version in other.versions.all()] == [2, 1]


def test_a_new_prompt_has_the_labels_that_each_has(make_prompt):
    prompt = make_prompt()
    assert [(label.name, label.version) for label in prompt.labels.all()] == [
        ("production", None),
        ("staging", None),
    ]
    prompt.purpose = "Another."
    prompt.save()
    assert prompt.labels.count() == 2
    assert [past.purpose for past in prompt.history.all()] == ["Another.", "Answers a customer."]


@pytest.mark.parametrize("model", [PromptVersion, Variant, LabelMove])
def test_python_changes_no_row_that_is_stored(make_prompt, model):
    make_prompt(production=1)
    row = model.objects.first()
    for act in (
        row.save,
        lambda: model.objects.update(pk=1),
        lambda: model.objects.bulk_update([row], ["pk"]),
        lambda: model.objects.all().delete(),
    ):
        with pytest.raises(Fixed):
            act()


def refused(statement):
    with pytest.raises(IntegrityError) as found, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(found.value)


@pytest.mark.parametrize(
    "change",
    [
        "prompts_variant SET text = 'other'",
        "prompts_variant SET rung = 'minimal' WHERE rung = 'simple'",
        "prompts_promptversion SET variables = '[]'",
        "prompts_promptversion SET number = number + 10",
        "prompts_labelmove SET reason = 'other'",
    ],
)
def test_postgres_changes_none_either(make_prompt, change):
    make_prompt(production=1)
    assert "never change" in refused(f"UPDATE {change}")


def test_postgres_keeps_a_version_whole_that_was_under_a_label(make_prompt):
    prompt = make_prompt(production=1)
    first, second = (prompt.versions.get(number=number) for number in (1, 2))
    assert "whole" in refused(f"DELETE FROM prompts_variant WHERE version_id = {first.pk}")
    row = "INSERT INTO prompts_variant (version_id, family, rung, text) VALUES ({}, 'structured', 'minimal', 'x')"
    assert "whole" in refused(row.format(first.pk))
    with connection.cursor() as cursor:
        cursor.execute(row.format(second.pk))


def test_the_triggers_are_taken_back_and_made_again(make_prompt):
    made = import_module("tools.llm.prompts.migrations.0002_fixed_rows")
    make_prompt(production=1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with such checks to come cannot be altered
        cursor.execute(made.BACK)
        cursor.execute("UPDATE prompts_variant SET text = 'other'")
        cursor.execute(made.UPDATES + made.WHOLE)
    assert "never change" in refused("UPDATE prompts_variant SET text = 'another'")


def test_a_move_wants_a_reason_of_the_database_too(make_prompt):
    prompt = make_prompt()
    with pytest.raises(IntegrityError), transaction.atomic():
        LabelMove.objects.create(
            label=prompt.labels.first(), to_version=prompt.versions.first(), by="ann", reason=""
        )


def test_only_a_version_that_was_never_under_a_label_is_deleted(make_prompt):
    from tools.llm.prompts.labels import move

    prompt = make_prompt(versions=3, production=1)
    first, second, third = (prompt.versions.get(number=number) for number in (1, 2, 3))
    with pytest.raises(Fixed, match="greeting@1 cannot be deleted: labels point at it"):
        first.delete()
    move(prompt.labels.get(name="production"), second, by="ann", reason="better")
    with pytest.raises(Fixed, match="greeting@1 cannot be deleted: production has pointed at it"):
        first.delete()
    third.delete()
    assert [version.number for version in prompt.versions.all()] == [2, 1]
    with pytest.raises(Fixed):
        first.variants.first().delete()
    with pytest.raises(Fixed):
        LabelMove.objects.first().delete()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"variants": {BRIEF: "x"}, "variables": ()}, "at least one variant of the rung detailed"),
        ({"variants": {DETAILED: " \n"}, "variables": ()}, "The variant detailed/detailed is empty."),
        ({"variants": {DETAILED: "a\0b"}, "variables": ()}, "cannot be stored"),
        (
            {"variants": {DETAILED: "x" * (MOST_CHARS + 1)}, "variables": ()},
            "60,001 characters, and may have 60,000",
        ),
        (
            {"variants": {DETAILED: "x", BRIEF: "1\n2\n3\n4\n5\n6"}, "variables": ()},
            "A brief variant has at most five lines, and brief/simple has 6.",
        ),
        ({"variants": {DETAILED: "{{x}} {{y}}"}, "variables": ()}, "uses x and y, which nobody declared"),
        ({"variants": {DETAILED: "{{X}}"}, "variables": ()}, "detailed/detailed: Line 1 has '{{X}}'"),
        ({"variants": {DETAILED: "x"}, "variables": (Variable(name="x"),)}, "No variant uses x."),
        (
            {"variants": {DETAILED: "{{x}}"}, "variables": (Variable(name="x"), Variable(name="x"))},
            "Declared more than once: x.",
        ),
        ({"variants": {DETAILED: "x"}, "variables": (Variable(name="X y"),)}, "and not: X y."),
        (
            {"variants": {DETAILED: "{{x}}"}, "variables": (Variable(name="x", default="1"),)},
            "x is required and has a default",
        ),
        (
            {"variants": {DETAILED: "{{x}}"}, "variables": (Variable(name="x", what="?" * 2_001),)},
            "2,000 characters",
        ),
        (
            {"variants": {DETAILED: "x"}, "variables": tuple(Variable(name=f"v{n}") for n in range(61))},
            "at most 60 variables",
        ),
    ],
)
def test_a_draft_that_is_no_version_is_refused_in_a_sentence(make_prompt, draft, changed, said):
    prompt = make_prompt(versions=0)
    with pytest.raises(BadPrompt) as found:
        write(prompt, draft(**changed), "ann")
    assert said in str(found.value)
    assert not prompt.versions.exists()


def test_five_lines_are_brief(draft):
    variants = {DETAILED: "x", BRIEF: "1\n2\n3\n4\n5\n"}
    assert faults(draft(variants=variants, variables=())) == []


def test_a_version_is_read_as_it_was_written(make_prompt, draft):
    prompt, written = make_prompt(versions=0), draft()
    version = write(prompt, written, "ann")
    read = PromptVersion.objects.get(pk=version.pk).plain()
    assert (read.name, dict(read.texts), read.variables) == ("greeting@1", written.variants, written.variables)


def test_variables_of_another_release_are_read():
    assert Variable.of_json({"name": "x", "colour": "red"}) == Variable(name="x")


def test_the_shipped_prompts_are_sound_and_made_once():
    from tools.llm.prompts.seed import draft_of, seed, shipped

    assert {name: faults(draft_of(row)) for name, row in shipped().items()} == {"coach": [], "sales": []}
    assert seed() == ["coach", "sales"]
    assert seed() == []
    for prompt in Prompt.objects.all():
        assert {label.version.number for label in prompt.labels.all()} == {1}
        assert {variant.family for variant in prompt.versions.get().variants.all()} == {
            str(each) for each in Family
        }
