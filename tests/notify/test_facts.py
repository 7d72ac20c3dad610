"""What each occasion quotes, what is left out, and the facts of the words approved beside an opening."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sentinel.model.estimate import PromiseKind
from sentinel.model.notice import Occasion
from sentinel.model.service import Impact
from sentinel.notify.facts import FULL, closing_facts, current, graces, holding_facts, left_out, quoted

from .world import CANNOT_PAY, COVER, GRACE, NO_DOCUMENTS, NOW, SLOW, facts, words


@pytest.mark.parametrize("occasion", sorted(FULL))
def test_a_full_message_quotes_statements_impact_times_and_assurances(occasion: Occasion) -> None:
    given = facts(occasion, SLOW, CANNOT_PAY)
    quotes = quoted(given)
    assert quotes.services == ("payments",)
    assert quotes.statements == ("payments.slow", "payments.cannot_pay")
    assert quotes.impact is Impact.MAJOR_OUTAGE
    assert quotes.promise_at == given.until
    assert quotes.assurances == ("payments.slow#POL-1", "payments.cannot_pay#POL-214")
    assert not quotes.cause


@pytest.mark.parametrize("occasion", [Occasion.HOLDING, Occasion.CLOSED, Occasion.RETRACTION])
def test_holding_closing_and_retraction_quote_only_the_services_and_what_must_still_be_so(occasion: Occasion) -> None:
    quotes = quoted(facts(occasion, CANNOT_PAY, about="promise 4 is open"))
    assert quotes.services == ("payments",)
    assert quotes.about == "promise 4 is open"
    assert (quotes.statements, quotes.impact, quotes.promise_at, quotes.next_word_at, quotes.assurances) == (
        (),
        None,
        None,
        None,
        (),
    )


def test_a_ticking_clock_changes_no_quoted_fact() -> None:
    assert quoted(facts()) == quoted(facts(now=NOW + timedelta(minutes=7)))


def test_a_changed_time_or_statement_changes_the_quoted_facts() -> None:
    base = quoted(facts())
    assert quoted(facts(until=NOW + timedelta(hours=9))) != base
    assert quoted(facts(Occasion.OPENED, CANNOT_PAY, NO_DOCUMENTS)) != base


def test_the_same_assurance_of_two_statements_is_given_once() -> None:
    assert [assurance for _, assurance in current(facts(Occasion.OPENED, SLOW, CANNOT_PAY))] == [COVER, GRACE]


def test_an_assurance_that_names_a_day_without_grace_days_is_left_out_and_said() -> None:
    lame = replace(CANNOT_PAY, assure=(replace(GRACE, grace_days=None),))
    given = facts(Occasion.OPENED, lame)
    assert not current(given)
    assert "grace_days" in left_out(given, "en")[0]


def test_each_grace_period_has_its_number() -> None:
    assert graces(facts(Occasion.OPENED, CANNOT_PAY, NO_DOCUMENTS)) == (5, 9)


def test_an_assurance_holds_through_its_last_day_in_the_installations_zone() -> None:
    last = replace(CANNOT_PAY, assure=(replace(COVER, until=NOW.date()),))
    late = datetime.fromisoformat("2026-11-23T22:59:00+00:00")
    assert current(facts(Occasion.OPENED, last, now=late))
    assert not current(facts(Occasion.OPENED, last, now=late + timedelta(minutes=1)))


def test_an_alternative_closed_at_this_hour_is_left_out_and_said() -> None:
    night = facts(Occasion.OPENED, NO_DOCUMENTS, now=NOW + timedelta(hours=12))
    assert any("closed at this hour" in line for line in left_out(night, "en"))


def test_nothing_is_left_out_of_a_message_that_gives_no_assurance() -> None:
    assert left_out(facts(Occasion.CLOSED), "en") == ()


def test_holding_facts_own_the_old_time_and_name_no_new_one() -> None:
    beside = holding_facts(facts(cause=words("x", "y")), about="promise 4 is open")
    assert (beside.occasion, beside.until, beside.cause, beside.statements) == (Occasion.HOLDING, None, None, ())
    assert beside.old_until == facts().until
    assert beside.promise is PromiseKind.NEXT_WORD
    assert beside.next_word_at is not None
    assert beside.next_word_at > NOW


def test_closing_facts_keep_the_statements_for_what_became_of_half_made_things() -> None:
    beside = closing_facts(facts())
    assert (beside.occasion, beside.until, beside.statements) == (Occasion.CLOSED, None, (CANNOT_PAY,))


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        facts(now=NOW.replace(tzinfo=None))
