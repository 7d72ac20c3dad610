"""The customers of the example: the same every time, and who of them is to be told, counted here once more by hand."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from sentinel.demo.people import COUNT, ODD, SHARES_ADDRESS, UNKNOWN_LANGUAGE, customers, left_out, told, write_customers
from sentinel.directory.admit import Admission, By
from sentinel.directory.csv import RowError, read
from sentinel.model.person import Found


def test_the_file_holds_two_hundred_people_in_its_seven_columns(tmp_path: Path) -> None:
    write_customers(tmp_path / "customers.csv")
    with (tmp_path / "customers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["person", "name", "email", "language", "zone", "segments", "consent"]
    assert len(rows) == len({row["person"] for row in rows}) == COUNT == 200
    assert [row["email"] for row in rows] == [each.email for each in customers()]


def test_the_same_seed_gives_the_same_people_and_another_one_others() -> None:
    assert customers() == customers()
    assert customers(1) != customers()


def test_three_in_five_read_english_and_the_rest_spanish_but_for_one() -> None:
    assert Counter(each.language for each in customers()) == {"en": 118, "es": 81, "fr": 1}


def test_all_are_customers_and_most_are_payers() -> None:
    segments = Counter(segment for each in customers() for segment in each.segments.split(";"))
    assert segments["customers"] == 200
    assert segments["payers"] == 152


def test_of_the_payers_all_but_nine_are_told() -> None:
    out = left_out("payers")
    assert {why: len(people) for why, people in out.items()} == {
        "no_consent": 4,
        "no_address": 1,
        "bad_address": 1,
        "same_address": 2,
    }
    assert len(told("payers")) == 152 - 8
    assert len(told("customers")) == 200 - 8


def test_those_who_are_told_can_be_each_under_an_address_of_their_own() -> None:
    people = told("customers")
    assert len({each.email.lower() for each in people}) == len(people)
    assert all("@" in each.email and each.consent == "yes" and each.language in ("en", "es") for each in people)


@pytest.mark.parametrize("segment", ["payers", "customers"])
def test_the_directory_reads_the_file_as_it_is_told_here(tmp_path: Path, segment: str) -> None:
    write_customers(tmp_path / "customers.csv")
    people = Admission(by=(By(name="email", kind="email"),), languages=("en", "es"), zone="Europe/Madrid")
    found = list(read(tmp_path / "customers.csv", segment))
    taken = [one for each in found if isinstance(each, Found) and (one := people.take(each, people.rules()))]
    sent = [(one.person.id, one.person.language) for one in taken if one.reason is None]
    assert sent == [(each.person, each.language) for each in told(segment)]
    quiet = Counter(each.reason.value for each in taken if each.reason)
    assert quiet == {why: len(people) for why, people in left_out(segment).items()}
    assert [each.column for each in found if isinstance(each, RowError)] == ["email"]
    assert people.fell_back["language"] == len(UNKNOWN_LANGUAGE)


def test_each_oddity_is_what_its_name_says() -> None:
    by_id = {each.person: each for each in customers()}
    assert all(by_id[person].consent == "no" for person in ODD["no_consent"])
    assert all(by_id[person].email == "" for person in ODD["no_address"])
    assert all("@" not in by_id[person].email for person in ODD["bad_address"])
    assert all(by_id[person].language == "fr" for person in UNKNOWN_LANGUAGE)
    order = list(by_id)
    for person, whose in SHARES_ADDRESS.items():
        assert by_id[person].email == by_id[whose].email
        assert order.index(whose) < order.index(person)
