"""Hashes of texts: as a dict of them, in a third of the room."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from sentinel.directory import hashes
from sentinel.directory.hashes import Hashes

NUMBERS = st.integers(min_value=0, max_value=65_535)


@given(st.lists(st.tuples(st.text(max_size=3), NUMBERS), max_size=60), st.lists(st.text(max_size=3)))
def test_it_holds_what_a_dict_holds(put: list[tuple[str, int]], asked: list[str]) -> None:
    held, wanted = Hashes(), dict(put)
    for text, number in put:
        held.put(text, number)
    assert len(held) == len(wanted)
    for text in {*asked, *wanted}:
        assert held.get(text) == wanted.get(text)
        assert (text in held) is (text in wanted)


def test_as_many_as_it_takes_are_found_again_and_no_other() -> None:
    held = Hashes()
    for number in range(20_000):
        held.put(f"person-{number}", number % 7)
    assert all(held.get(f"person-{number}") == number % 7 for number in range(20_000))
    assert not any(f"person-{number}" in held for number in range(20_000, 40_000))
    arrays = held._keys, held._beside
    assert sum(sys.getsizeof(one) for one in arrays) < 20_000 * 35


def test_a_hash_of_zero_is_a_text_like_others() -> None:
    held = Hashes()
    assert hashes._hash("") == 1  # CPython's hash of no text at all
    assert "" not in held
    held.put("", 3)
    assert held.get("") == 3


def test_those_that_want_one_slot_stand_beside_one_another() -> None:
    held = Hashes()
    for number in (5, 5 + 1024, 5 + 2048, 6):
        held._put(number, number % 1000)
    assert [held._beside[held._slot(number)] for number in (5, 5 + 1024, 5 + 2048, 6)] == [5, 29, 53, 6]
