"""What a vendor's own page says is a cause that staff hear of, in the vendor's words."""

from datetime import timedelta

from sentinel.detect.kind import vendor
from sentinel.model.observation import Observation, Verdict
from tests.detect.samples import DOWN, NOON, UNKNOWN, UP

from .play import play, seen

MINUTE = timedelta(minutes=1)


def page(minute: int, indicator: str | None, verdict: Verdict = UP, **facts: str) -> Observation:
    given: dict[str, str | None] = {"indicator": indicator} if indicator else {}
    return seen(NOON + minute * MINUTE, verdict, **given, **facts)


def test_it_says_what_the_vendor_says_since_the_first_look_that_said_so() -> None:
    looks = [page(0, "none"), *(page(at, "major", DOWN, newest="API errors", not_operational="Payments API") for at in (1, 2))]
    _, turns = play(vendor, looks)
    assert [(one.since, one.at) for one in turns] == [(NOON + MINUTE, NOON + 2 * MINUTE)]
    assert turns[0].says == "the vendor says major: “API errors” (Payments API)"


def test_it_ends_after_two_looks_that_find_it_well() -> None:
    said = ("critical", "critical", "critical", "none", "minor", "none", "none")
    looks = [page(at, indicator) for at, indicator in enumerate(said)]
    assert [one.at for one in play(vendor, looks)[1]] == [NOON + MINUTE, NOON + 6 * MINUTE]


def test_planned_work_is_no_trouble_unless_it_is_asked_for() -> None:
    looks = [page(at, "maintenance") for at in range(5)]
    assert play(vendor, looks)[1] == []
    assert len(play(vendor, looks, at_least="maintenance")[1]) == 1


def test_a_page_that_does_not_answer_neither_claims_nor_ends_anything() -> None:
    silent = [page(9, None, UNKNOWN), page(10, "none", UNKNOWN), page(11, None, DOWN)]
    held, _ = play(vendor, [page(at, "major") for at in range(2)])
    assert play(vendor, silent, held)[0] is held


def test_long_words_of_a_vendor_are_cut_and_stay_on_one_line() -> None:
    _, turns = play(vendor, [page(at, "major", newest="all\n is\t lost " * 500) for at in range(2)])
    assert "\n" not in turns[0].says
    assert len(turns[0].says) < 250
