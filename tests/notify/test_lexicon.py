"""Known sentences are found in a text as they stand there, and made ready once however many drafts ask for them."""

import pytest

from sentinel.model.service import Impact
from sentinel.model.statement import Statement
from sentinel.notify.lexicon import Lexicon, holds, same


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("Sorry, you CANNOT pay at the moment. Try later.", "You cannot pay at the moment.", True),
        ("You cannot pay at the moments.", "You cannot pay at the moment.", False),
        ("Overpay at the desk; pay at the desk", "pay at the desk", True),
        ("Overpay at the desk", "pay at the desk", False),
        ("anything", "...", False),
    ],
    ids=["within a text", "within a longer word", "whole after a part", "the end of a word", "no words"],
)
def test_a_phrase_is_found_as_whole_words(text: str, phrase: str, found: bool) -> None:
    assert holds(same(text), phrase) is found


def test_phrases_are_made_ready_once() -> None:
    made = Statement(id="payments.cannot_pay", service="payments", impact=Impact.MAJOR_OUTAGE, say={"en": "You cannot pay."})
    lexicon = Lexicon(statements=(made,), titles={})
    (known,) = lexicon.phrases("en")
    assert (known.phrase.text, known.plain, known.is_short) == ("You cannot pay.", "you cannot pay", False)
    assert lexicon.phrases("en") is lexicon.phrases("en")
    assert lexicon.phrases("es") == ()
