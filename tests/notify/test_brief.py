"""What customer service reads."""

from datetime import timedelta

import pytest

from sentinel.model.notice import Occasion
from sentinel.notify.brief import brief
from sentinel.notify.draft import compose
from sentinel.notify.language import NoLanguage

from .world import CANNOT_PAY, NO_DOCUMENTS, NOW, ZONE, facts, templates, untimed


def test_the_desk_reads_what_is_felt_until_when_what_to_say_and_what_not() -> None:
    given = facts()
    made = brief(
        Occasion.STAFF_OPENED, given, affected=1240, link="https://hub.example/i/17", zone=ZONE, language="en",
        words={"en": "Dear ..."}, body=compose(templates(), given, "en"),
    )  # fmt: skip
    assert made.headline == "Online payments are not working"
    assert made.felt == (CANNOT_PAY.say["en"],)
    assert (made.since, made.until, made.who) == (given.began_at, given.until, "1,240 customers")
    assert made.say.startswith("Sorry. You cannot pay on our website at the moment. We expect it back by 14:30.")
    assert made.do_not == ("If you pressed Pay and saw no confirmation, please do not pay again yet.",)
    assert made.instead == ("Use bank transfer; the details are on your renewal letter.",)
    assert made.desk[0] == "Do not take card numbers by chat."
    assert "Billing policy" in made.desk[1]
    assert (made.words, made.ask) == ({"en": "Dear ..."}, "")


def test_a_promise_that_is_due_asks_one_question_with_three_answers() -> None:
    made = brief(Occasion.PROMISE_DUE, facts(), affected=None, link="", zone=ZONE, language="en")
    assert made.ask.startswith("We told customers 14:30. Does that hold? Answer: it holds / a new time / nobody knows.")
    spanish = brief(Occasion.PROMISE_DUE, untimed(facts()), affected=1, link="", zone=ZONE, language="es")
    assert spanish.ask.startswith("Prometimos a los clientes noticias a las 11:20.")
    assert spanish.who == "un cliente"


def test_a_question_handed_in_is_asked_instead() -> None:
    assert brief(Occasion.WORDS, facts(), affected=0, link="", zone=ZONE, language="en", ask="Approve?").ask == "Approve?"


def test_when_it_is_over_nothing_is_promised_or_forbidden_any_more() -> None:
    made = brief(Occasion.RECOVERED, facts(), affected=3, link="", zone=ZONE, language="es")
    assert made.headline == "De vuelta a la normalidad: Pagos en línea"
    assert (made.until, made.next_word, made.do_not, made.instead) == (None, None, (), ())


def test_several_services_are_all_named_and_a_closed_door_is_not_offered() -> None:
    night = facts(Occasion.OPENED, CANNOT_PAY, NO_DOCUMENTS, now=NOW + timedelta(hours=12))
    made = brief(Occasion.STAFF_OPENED, night, affected=None, link="", zone=ZONE, language="en")
    assert made.headline == "Online payments are not working (Online payments and Online documents)"
    assert len(made.instead) == 1
    assert made.say.endswith("We expect it back by 14:30.")


def test_a_desk_language_without_sentences_is_a_clear_error() -> None:
    with pytest.raises(NoLanguage, match="'de'"):
        brief(Occasion.CHANGED, facts(), affected=None, link="", zone=ZONE, language="de")


@pytest.mark.parametrize(("occasion", "says"), [(Occasion.RECOVERED, "it works again"), (Occasion.DISMISSED, "no disturbance")])
def test_once_it_is_over_the_desk_says_so_and_nothing_of_what_was_felt(occasion: Occasion, says: str) -> None:
    made = brief(occasion, facts(), affected=None, link="https://x.example", zone="Europe/Madrid", language="en")
    assert says in made.say
    assert made.felt == ()
