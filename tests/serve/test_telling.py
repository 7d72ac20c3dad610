"""The record in words."""

from typing import get_args

from sentinel.model import incident as said
from sentinel.model.delivery import State
from sentinel.model.incident import Entry, EtaSet, Noted, SignalCleared
from sentinel.model.notice import Occasion
from sentinel.serve.telling import _WORDS, entry_words, label, sentence, statement_words
from tests.serve import world


def test_every_kind_of_entry_has_its_sentence() -> None:
    kinds = {each.__dataclass_fields__["kind"].default for each in get_args(said.Said)}
    assert kinds == set(_WORDS)


def test_entries_read_as_sentences() -> None:
    words = [entry_words(entry, world.installation(), world.NOW) for entry in world.entries()]
    assert words[0] == "Opened as investigating, since 10:05. Online payments: You cannot pay on our website at the moment."
    assert words[2] == "Acknowledged."
    assert words[5] == "Expected back by 12:30: They roll back."


def test_a_time_on_a_vendors_word_says_whose_it_is() -> None:
    eta = EtaSet(until=world.NOW.replace(hour=11, minute=30), reason="they replace a disk", vendor="Cloud One")
    entry = Entry(incident=1, seq=1, at=world.NOW, who="x", said=eta)
    said_so = entry_words(entry, world.installation(), world.NOW)
    assert said_so == "Expected back by 12:30, on the word of Cloud One: they replace a disk"


def test_what_the_configuration_no_longer_has_is_shown_by_its_id() -> None:
    assert statement_words("payments.gone", world.installation()) == "payments.gone"
    entry = Entry(incident=1, seq=1, at=world.NOW, who="x", said=Noted(text="y"))
    assert entry_words(entry, world.installation(), world.NOW) == "Note: y"


def test_a_signal_is_told_by_its_check_and_place() -> None:
    cleared = SignalCleared(signal="outage:payments.page@office:2026-06-10T08:05:00+00:00", good_since=world.NOW)
    entry = Entry(incident=1, seq=1, at=world.NOW, who="x", said=cleared)
    assert entry_words(entry, world.installation(), world.NOW) == "Good again since 10:30 (payments.page@office)."


def test_a_signal_of_another_tool_is_told_by_the_tool() -> None:
    cleared = SignalCleared(signal="hook:hook/prometheus@4f0c9a11d2b3e455:2026-06-10T08:05:00+00:00", good_since=world.NOW)
    entry = Entry(incident=1, seq=1, at=world.NOW, who="x", said=cleared)
    assert entry_words(entry, world.installation(), world.NOW) == "Good again since 10:30 (hook/prometheus)."


def test_labels_and_sentences() -> None:
    assert label(State.IN_DOUBT) == "in doubt"
    assert label("delayed#4") == "delayed#4"
    assert label(Occasion.DESK) == "told by the desk"
    assert sentence("there is no incident 9") == "There is no incident 9."
    assert sentence("Why?") == "Why?"
    assert sentence("") == ""
