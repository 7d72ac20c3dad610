"""Times of return that vendors' pages name: when they are taken up, and when they are taken back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sentinel.incident.fold import fold
from sentinel.incident.vendor import BELIEVED, REASON, heard
from sentinel.model.incident import (
    MACHINE,
    Dismissed,
    Entry,
    EtaSet,
    EtaUnknown,
    EtaWithdrawn,
    Opened,
    Phase,
    Recovering,
    Reopened,
    Resolved,
    Said,
)

BEGAN = datetime.fromisoformat("2026-11-22T10:00+00:00")
PAGE, OTHER = "payments.processor", "ledger.cloud"


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


class Told:
    """An incident to which the machine writes what it hears, as the hub would."""

    def __init__(self) -> None:
        opened = Opened(root="payments", service="payments", statement=None, phase=Phase.INVESTIGATING, began_at=BEGAN)
        self.entries: list[Entry] = []
        self.minute = 1.0
        self.say(opened)

    def say(self, said: Said, who: str = MACHINE) -> None:
        seq = len(self.entries) + 1
        self.entries.append(Entry(incident=1, seq=seq, at=at(self.minute), who=who, said=said))

    def hears(self, pages: Mapping[str, datetime | None], minute: float | None = None) -> EtaSet | EtaWithdrawn | None:
        self.minute = self.minute + 1 if minute is None else minute
        said = heard(fold(self.entries), self.entries, pages, at(self.minute))
        if said is not None:
            self.say(said)
        return said

    @property
    def until(self) -> datetime | None:
        eta = fold(self.entries).eta
        return None if eta is None else eta.until


def named(minutes: float, vendor: str = PAGE) -> EtaSet:
    return EtaSet(until=at(minutes), reason=REASON, vendor=vendor)


def test_a_time_that_a_page_names_is_written_once_and_again_when_it_moves() -> None:
    told = Told()
    assert told.hears({PAGE: at(60)}) == named(60)
    assert told.hears({PAGE: at(60)}) is None
    assert told.hears({PAGE: at(90)}) == named(90)
    assert told.hears({PAGE: at(45)}) == named(45)


def test_of_several_vendors_the_last_one_counts() -> None:
    told = Told()
    assert told.hears({PAGE: at(60), OTHER: at(90)}) == named(90, OTHER)
    assert told.hears({PAGE: at(60), OTHER: None}) == named(60)


def test_a_page_that_names_it_no_more_takes_it_back_and_one_that_cannot_be_read_does_not() -> None:
    told = Told()
    told.hears({PAGE: at(60)})
    assert told.hears({}) is None
    assert told.hears({OTHER: at(40)}) is None, "what the silent page said stands, and is later"
    assert told.until == at(60)
    assert told.hears({PAGE: None}) == EtaWithdrawn()
    assert told.until is None
    assert told.hears({PAGE: None}) is None
    assert told.hears({PAGE: at(60)}) == named(60), "it says so again"


def test_a_persons_time_is_not_touched_while_it_lies_ahead() -> None:
    told = Told()
    told.hears({PAGE: at(60)})
    told.say(EtaSet(until=at(30), reason="we fail over"), "Omar")
    assert told.hears({PAGE: at(90)}) is None
    assert told.hears({PAGE: None}) is None
    assert told.until == at(30)
    assert told.hears({PAGE: at(90)}, minute=31) == named(90)


def test_what_a_person_has_judged_since_is_not_said_again() -> None:
    told = Told()
    told.hears({PAGE: at(60)})
    told.say(EtaUnknown(promise=3), "Omar")
    assert told.hears({PAGE: at(60)}) is None
    assert told.until is None
    assert told.hears({PAGE: at(75)}) == named(75)


def test_a_time_that_has_passed_or_lies_beyond_a_month_is_none() -> None:
    told = Told()
    assert told.hears({PAGE: at(1)}, minute=2) is None
    assert told.hears({PAGE: at(40 * 24 * 60)}) is None
    told.hears({PAGE: at(60)})
    assert told.hears({PAGE: at(60)}, minute=61) is None
    assert told.until == at(60), "that it has passed is said by the estimate"


def test_a_page_that_moves_its_time_without_end_is_believed_no_more() -> None:
    told = Told()
    for move in range(BELIEVED):
        assert told.hears({PAGE: at(60 + move)}) == named(60 + move)
    assert told.hears({PAGE: at(60 + BELIEVED - 1)}) is None, "what it said last stands"
    assert told.hears({PAGE: at(60 + BELIEVED)}) == EtaWithdrawn()
    assert told.hears({PAGE: at(60 + BELIEVED)}) is None


def test_an_incident_that_recovers_or_is_over_hears_nothing_and_the_next_episode_begins_anew() -> None:
    told = Told()
    told.hears({PAGE: at(60)})
    told.say(Recovering(recovered_at=at(20), hold_until=at(25)))
    assert told.hears({PAGE: at(90)}) is None
    told.say(Resolved(recovered_at=at(20)))
    assert told.hears({PAGE: at(90)}) is None
    told.say(Reopened(episode=2, began_at=at(30)))
    assert told.hears({PAGE: at(60)}) == named(60)
    told.say(Dismissed(reason="a drill"), "Omar")
    assert told.hears({PAGE: at(90)}) is None
