"""Files become suites, and each mistake a sentence that says where it is and what to do."""

import pytest

from tools.definition.registry import build_default_registry
from tools.llm.evaluation.errors import BadSuite
from tools.llm.evaluation.reading import suites
from tools.llm.transcript import Role

GOOD = """
suite: mine
tools: [crm_integration]
role: coach
results: {crm_integration: {id: CUST001}}
cases:
  - name: reads
    tags: [read]
    messages:
      - user: Find Nordlicht.
      - call: crm_integration
        arguments: {action: search, query: Nordlicht}
        result: [{customer_id: CUST001}]
      - assistant: It is CUST001.
      - user: Read it, as of 2026-12-01.
    expect:
      - {tool: crm_integration, arguments: {action: read, customer_id: {regex: ^CUST}}}
    variables: {day: 2026-12-01}
    bounds: {usd: 0.5, rounds: 3}
"""


@pytest.fixture(scope="module")
def registry():
    return build_default_registry()


@pytest.fixture
def read(tmp_path, registry):
    def read_text(text, name="mine.yaml"):
        (tmp_path / name).write_text(text)
        return suites([str(tmp_path / name)], registry)

    return read_text


def faults(read, text, name="mine.yaml"):
    with pytest.raises(BadSuite) as caught:
        read(text, name)
    return caught.value.faults


def test_a_suite_is_read_with_its_conversation_and_what_holds_for_all_cases(read):
    (suite,) = read(GOOD)
    (case,) = suite.cases
    assert (suite.name, suite.role, case.name, case.tools) == ("mine", "coach", "reads", ("crm_integration",))
    roles = [message.role for message in case.said]
    assert roles == [Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT, Role.USER]
    assert case.results == {"crm_integration": {"id": "CUST001"}}
    assert (case.bounds.usd, case.bounds.rounds, case.bounds.tokens) == (0.5, 3, None)
    assert case.variables == {"day": "2026-12-01"}  # a date stays the text that it is


def test_a_case_is_known_again_until_somebody_edits_it(read):
    first, again = (read(GOOD)[0].cases[0].digest() for _ in range(2))
    assert first == again
    assert read(GOOD.replace("Read it", "Read this"))[0].cases[0].digest() != first
    assert read(GOOD.replace("^CUST", "^CUST0"))[0].cases[0].digest() != first
    assert read(GOOD)[0].cases[0].digest("Other words.") != first


def test_python_makes_cases_too(read):
    (suite,) = read(
        "SUITE = {'suite': 'many', 'tools': ['profile_reader'], 'cases': [{'name': f'reads {n}', "
        "'say': f'Read the profile with customer id CUST{n:03d}.', 'expect': [{'tool': 'profile_reader', "
        "'arguments': {'customer_id': f'CUST{n:03d}'}}]} for n in range(1, 4)]}",
        "many.py",
    )
    assert [case.name for case in suite.cases] == ["reads 1", "reads 2", "reads 3"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (("suite: mine", "about: x"), "mine.yaml, suite: the suite has no name: write one."),
        (("role: coach", "rolle: coach"), "mine.yaml, rolle: there is no such field: did you mean role?"),
        (("role: coach", "role: 3"), "mine.yaml, role: this is a number, and has to be a text: correct it."),
        (("name: reads", "name:"), "mine.yaml, case 1, name: the case has no name: write one."),
        (("[crm_integration]", "[crm]"), "mine.yaml, case 'reads', tools: there is no tool 'crm': there are"),
        (
            ("action: read,", "aktion: read,"),
            "case 'reads', expect, arguments.aktion: crm_integration has no such argument: it has action,",
        ),
        (("regex: ^CUST", "regex: '('"), "expect, arguments.customer_id: '(' is no regular expression"),
        (("tool: crm_integration, arg", "tool: sms_outreach, arg"), "'sms_outreach' is not offered: add it"),
        (("usd: 0.5", "usd: -1"), "case 'reads', bounds, usd: a bound is a number above 0"),
        (("rounds: 3", "rounds: many"), "bounds, rounds: this is a text, and has to be a whole number"),
        (("rounds: 3", "rounds: true"), "bounds, rounds: this is true or false, and has to be a whole number"),
        (("- user: Read it, as of 2026-12-01.", ""), "messages: the last message has to be the user's"),
        (("- user: Find Nordlicht.", ""), "messages: A conversation begins with what a user says"),
        (("- assistant: It is CUST001.", "- {}"), "message 3, user: the message says nothing: write user, assist"),
        (("tags: [read]", "say: Hi."), "say: the case needs either say, one text of the user's, or messages"),
        (("tags: [read]", "no_call: true"), "no_call: the case expects calls and none: leave one out."),
        (("tags: [read]", "order: best"), "order: the order is free or given: write one of the two."),
        (("tags: [read]", "answer: '['"), "answer: this is no regular expression: correct it."),
        (("role: coach", "suite: twice"), "'suite' stands twice: leave one out"),
        (("role: coach", "role: [coach"), "mine.yaml: this cannot be read as YAML"),
        (("role: coach", "? [a, b]\n: 1"), "a key is a list or an object: write a text"),
        (("suite: mine", 'suite: "mi\\0ne"'), "mine.yaml, suite: the name has a character U+0000: take it out."),
        (("suite: mine", f"suite: {'m' * 101}"), "suite: the name has 101 characters: write 100 at most."),
        (("name: reads", 'name: "re\\0ads"'), "name: the name has a character U+0000: take it out."),
        (("name: reads", 'name: "\\uD83D"'), "name: the name has half a surrogate pair, which is no character"),
        (("name: reads", f"name: {'r' * 201}"), "name: the name has 201 characters: write 200 at most."),
        (("role: coach", 'role: "\\0"'), "role: the text has a character U+0000: take it out."),
        (("usd: 0.5", "usd: .nan"), "case 'reads', bounds, usd: a bound is a number above 0"),
        (("usd: 0.5", "usd: .inf"), "case 'reads', bounds, usd: a bound is a number above 0"),
        (("regex: ^CUST", "approx: .nan"), "approx needs a number"),
        (("{id: CUST001}", "{id: 1, 2: 3}"), "this cannot be written as JSON, by which the case is known again"),
        (("[{customer_id: CUST001}]", "!!set {a}"), "message 2, result: this cannot be written as JSON"),
        (("{id: CUST001}", "&own [*own]"), "something in it holds itself, or is nested too deep"),
        (("role: coach", "prompt: coach\nsystem: x"), "prompt: the suite has a prompt and a system text"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(read, broken, said):
    assert GOOD.count(broken[0])
    found = faults(read, GOOD.replace(*broken))
    assert [fault for fault in found if said in fault], found
    assert all(fault.endswith((".", "?")) for fault in found)


def test_all_mistakes_are_told_at_once(read):
    found = faults(read, GOOD.replace("role: coach", "rolle: x").replace("usd: 0.5", "usd: 0"))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "empty.yaml", "empty.yaml: this is nothing, and has to be an object: write some of suite,"),
        ("- 1", "list.yaml", "list.yaml: this is a list, and has to be an object"),
        ("suite: a\ncases: []", "none.yaml", "none.yaml, cases: the suite has no cases: write one or more."),
        ("suite: a\ncases: [3]", "odd.yaml", "odd.yaml, case 1: this is a number, and has to be an object"),
        (
            "suite: a\ntools: []\ncases: [{name: b, say: Hi}]",
            "idle.yaml",
            "case 'b', expect: the case expects nothing: write a call, no_call, forbid or an answer.",
        ),
        ("X = 1", "no.py", "no.py: the file defines neither SUITE nor SUITES: give it one."),
        ("SUITES = 5", "five.py", "five.py: SUITES is a number: make it a list of suites."),
        ("raise SystemExit(7)", "ends.py", "ends.py: the file raises SystemExit: 7"),
        ("1 / 0", "bad.py", "bad.py: the file raises ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_suite_at_all_is_said_too(read, text, name, said):
    assert said in faults(read, text, name)[0]


def test_two_suites_have_two_names(tmp_path, registry):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(BadSuite, match="there are two suites of this name: rename one of them"):
        suites([str(tmp_path)], registry)


def test_a_name_that_is_none_names_those_that_ship(registry, tmp_path):
    with pytest.raises(BadSuite, match="no suite of that name ships: name a file, or competitor_analysis, "):
        suites(["crm"], registry)
    with pytest.raises(BadSuite, match="the folder has no suite"):
        suites([str(tmp_path)], registry)
