"""The desk's page of the docs says what the desk's page says."""

from pathlib import Path

from sentinel.model.delivery import State
from sentinel.model.person import Reason
from sentinel.run.customer import SHOWN, WHERE, WHY_NOT
from sentinel.run.desk import SUGGEST_AT
from sentinel.serve.desk.routes import SHOWN_ON_WALL

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "the-desk.md").read_text(encoding="utf-8")


def test_every_state_that_the_desk_reads_is_explained() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")]
    missing = {*WHERE.values(), *WHY_NOT.values()} - set(rows)
    assert not missing


def test_no_state_and_no_reason_lacks_words() -> None:
    assert set(WHERE) == set(State) - {State.SUPPRESSED}, "a suppressed one says its reason"
    assert set(WHY_NOT) == {reason.value for reason in Reason}


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"at most {SHOWN}" in PAGE
    assert f"When {SUGGEST_AT} of them called within an hour" in PAGE
    assert SHOWN_ON_WALL == 4
    assert "It shows the four largest" in PAGE
