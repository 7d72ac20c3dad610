"""The closed list of slots and its filling."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.notice import Occasion
from sentinel.notify.facts import CUSTOMER_OCCASIONS
from sentinel.notify.slots import (
    ALLOWED,
    LONGEST_NAME,
    SLOTS,
    UnknownSlot,
    bad_slots,
    clean_name,
    fill,
    held,
    named,
    preview,
    values,
)

from .world import CANNOT_PAY, NO_DOCUMENTS, NOW, ZONE, facts, untimed


def test_a_slot_is_filled_once_and_its_value_is_never_read_again() -> None:
    assert fill("Dear {name}, {until}", {"name": "{until}", "until": "14:30"}) == "Dear {until}, 14:30"


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{ name }", "{a.b}", "{0!r}", "{name.x}", "{name:>9}", "{{", "{name[0]}", "{na me}"]
)
def test_other_braces_stay_as_they_are(text: str) -> None:
    assert fill(text, {"name": "Ana"}) == text


def test_double_braces_are_braces_around_a_slot() -> None:
    assert fill("{{name}}", {"name": "Ana"}) == "{Ana}"


def test_an_unknown_slot_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownSlot, match=r"\{referense\}.*did you mean \{reference\}"):
        fill("{referense}", values(facts(), "en", ZONE, "Ana"))


@given(st.text(), st.text())
def test_filling_never_fails_on_a_text_without_bad_slots(text: str, name: str) -> None:
    said = {"name": name}
    if all(slot == "name" for slot in named(text)) and not bad_slots(text, Occasion.RETRACTION):
        fill(text, said | {"reference": "17-A"})
    assert preview("{name}", said) == name


@pytest.mark.parametrize("occasion", CUSTOMER_OCCASIONS)
def test_an_occasion_refuses_the_slots_of_others(occasion: Occasion) -> None:
    everything = " ".join(f"{{{slot}}}" for slot in SLOTS)
    refused = {bad.slot for bad in bad_slots(everything, occasion)}
    assert refused == set(SLOTS) - ALLOWED[occasion]


def test_holding_and_closing_have_no_slot_for_a_time_of_return() -> None:
    assert "until" not in ALLOWED[Occasion.HOLDING] | ALLOWED[Occasion.CLOSED] | ALLOWED[Occasion.RETRACTION]


def test_values_are_rendered_in_the_readers_zone_and_language() -> None:
    assert values(facts(), "en", "Europe/Madrid", "Ana Ortiz")["until"] == "14:30"
    assert values(facts(), "en", "Asia/Kolkata", "Ana Ortiz")["until"] == "19:00"
    assert values(facts(), "es", "Pacific/Auckland", "Ana Ortiz")["until"] == "el martes 24 de noviembre a las 02:30"
    assert values(facts(), "en", ZONE, "Ana")["since"] == "about 10:05 today"


def test_every_grace_day_counts_from_today_in_the_installations_zone() -> None:
    said = values(facts(Occasion.OPENED, CANNOT_PAY, NO_DOCUMENTS), "en", "Asia/Kolkata", "")
    assert said["grace_day"] == "Saturday 28 November"
    assert said["grace_day_2"] == "Wednesday 2 December"


def test_a_time_that_the_facts_lack_is_not_held() -> None:
    assert "until" not in held(untimed(facts()))
    assert "next_word" in held(untimed(facts()))
    assert "until_was" not in held(facts(old_until=NOW + timedelta(hours=1)))
    assert "until_was" in held(facts(Occasion.DELAYED))


def test_a_person_without_a_name_is_greeted_all_the_same() -> None:
    assert values(facts(), "en", ZONE, "  ")["name"] == "customer"
    assert values(facts(), "es", ZONE, "")["name"] == "cliente"


@given(st.text())
def test_a_name_of_the_directory_is_one_short_visible_line(name: str) -> None:
    said = clean_name(name)
    assert len(said) <= LONGEST_NAME
    assert not set(said) & {"\n", "\r", "\0", "\u202e", "\u200b", "\u2028"}
