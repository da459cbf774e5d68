import re
from pathlib import Path

import pytest

from tools.llm.adapters.errors import ErrorKind
from tools.llm.routing.failover import TABLE, Action, Moment, action

PAGE = Path(__file__).parents[4] / "docs" / "routing.md"
WORDS = {
    "the next deployment": Action.NEXT,
    "the next of another vendor": Action.OTHER,
    "the next that takes more tokens": Action.LARGER,
    "the same once more, with the simpler prompt; then the next": Action.SIMPLER,
    "fails": Action.FAIL,
}


def cells():
    """Each cell of the page's table: the kind, the moment, and what is said to follow."""
    table = PAGE.read_text().split("| kind |")[1].split("\n\n")[0]
    for row in re.findall(r"^\| `(\w+)` .*$", table, re.M):
        line = next(line for line in table.splitlines() if line.startswith(f"| `{row}` "))
        said = [cell.strip() for cell in line.strip("| ").split(" | ")]
        for moment, words in zip(Moment, said[2:], strict=True):
            yield row, moment, words


@pytest.mark.parametrize(("kind", "moment", "words"), list(cells()))
def test_a_cell_of_the_page_is_what_is_done(kind, moment, words):
    told = words.removeprefix("the draft is given up: ")
    assert action(ErrorKind(kind), moment) == WORDS[told]
    assert (told != words) == (moment is Moment.TEXT and told != "fails")


def test_the_page_has_every_kind_and_moment():
    assert {(kind, moment) for kind, moment, _ in cells()} == {
        (kind, moment) for kind in ErrorKind for moment in Moment
    }
    assert set(TABLE) == set(ErrorKind)
