"""News for the desk: one line of what changed, in the desk's language and on its clock."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from sentinel.model.incident import (
    Declared,
    EtaSet,
    EtaUnknown,
    Noted,
    NoticeApproved,
    Phase,
    PhaseSet,
    Recovering,
    RecoveryBroken,
    Reopened,
    Said,
    SignalJoined,
)
from sentinel.notify.due import NEWS
from sentinel.notify.news import news

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
SAID = (
    Recovering(recovered_at=NOW, hold_until=LATER),
    RecoveryBroken(),
    SignalJoined(signal="s", service="payments", statement=None, since=NOW),
    Declared(service="payments", statement="payments.slow", began_at=NOW),
    EtaSet(until=LATER, reason="the vendor said so"),
    EtaSet(until=LATER, reason="the vendor said so", vendor="Redsys"),
    EtaUnknown(promise=1),
    Reopened(episode=2, began_at=NOW),
    *(PhaseSet(phase=phase) for phase in Phase),
)


def line(said: Any, language: str = "en", zone: str = "Europe/Madrid") -> str:
    return news(said, "Omar", zone=zone, language=language, now=NOW)


@pytest.mark.parametrize("language", ["en", "es", "es-MX"])
@pytest.mark.parametrize("said", SAID, ids=lambda said: getattr(said, "phase", said.kind))
def test_every_change_has_a_line_without_a_slot_left_or_a_full_stop(said: Any, language: str) -> None:
    text = line(said, language)
    assert text
    assert not set("{}.") & set(text)
    assert "\n" not in text


def test_whatever_staff_hear_of_has_a_line_and_what_they_do_not_has_none() -> None:
    with_lines = {type(said) for said in SAID}
    assert set(NEWS) - with_lines <= {get_args(Said)[0]}, "the opening has a brief of its own"
    assert line(Noted(text="looking")) == ""
    assert line(NoticeApproved(notice=1, step="opened", people=3)) == ""


def test_times_are_those_of_the_desk_s_clock() -> None:
    eta = EtaSet(until=LATER, reason="")
    assert "14:30" in line(eta)
    assert "13:30" in line(eta, zone="UTC")
    assert "Omar" in line(eta)
    theirs = line(EtaSet(until=LATER, reason="", vendor="Redsys"))
    assert ("Redsys" in theirs, "Omar" in theirs) == (True, True)


def test_the_two_languages_say_different_things() -> None:
    assert all(line(said, "en") != line(said, "es") for said in SAID)
    assert line(RecoveryBroken(), "fr") == line(RecoveryBroken(), "en")
