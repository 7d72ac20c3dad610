"""Times of return that vendors name, from the page to the message that customers are sent."""

from dataclasses import replace
from datetime import datetime

from sentinel.model.command import SetEta
from sentinel.model.estimate import Basis, Estimate
from sentinel.model.incident import MACHINE, EtaSet, EtaWithdrawn
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.model.signal import Signal
from sentinel.notify.due import TOLD
from sentinel.store import incidents, watching

from .world import CARD, HOUR, MINUTE, House

PAGE = "ledger.cloud-page"
"""Of the vendor on whom the ledger stands, and payments stand on the ledger."""


def warns(house: House, *, service: str = "ledger") -> Signal:
    """The detector `vendor` has warned of the page."""
    made = Signal(
        id=f"vendor:{PAGE}@head-office:{house.now.isoformat()}",
        detector="vendor",
        service=service,
        check=PAGE,
        place="head-office",
        verdict=Verdict.DEGRADED,
        statement=None,
        since=house.now,
        raised_at=house.now,
    )
    house.do(lambda c: watching.keep_signals(c, [made]))
    return made


def page_says(house: House, until: datetime | str | None, verdict: Verdict = Verdict.UP) -> None:
    named = until.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(until, datetime) else until
    facts: dict[str, Fact] = {"indicator": "maintenance"}
    if named is not None:
        facts["ends_at"] = named
    sample = SampleKind.SCHEDULED
    seen = Observation(check=PAGE, place="head-office", at=house.now, sample=sample, verdict=verdict, facts=facts)
    house.do(lambda c: watching.keep_latest(c, seen, "up", house.now, ""))


def estimated(house: House) -> Estimate:
    last = house.read(lambda c: incidents.last_estimate(c, 1, 1))
    assert last is not None
    return last


def test_the_end_of_a_vendors_work_is_the_estimate_of_what_stands_on_it(house: House) -> None:
    until = house.now + HOUR
    warns(house)
    page_says(house, until)
    house.breaks(CARD)
    house.round()
    said = estimated(house)
    assert (said.basis, said.p50, said.p80) == (Basis.VENDOR, until - said.began_at, until - said.began_at)
    assert said.reason == f"on the word of {PAGE}: its status page says when the work there is to end"
    assert [entry.who for entry in house.entries() if isinstance(entry.said, EtaSet)] == [MACHINE]


def test_a_page_of_what_it_does_not_stand_on_or_of_which_nothing_was_warned_says_nothing_of_it(house: House) -> None:
    page_says(house, house.now + HOUR)
    house.breaks(CARD)
    house.round()
    assert estimated(house).basis is Basis.HISTORY
    warns(house, service="quoting")
    house.round()
    assert estimated(house).basis is Basis.HISTORY


def test_customers_are_promised_it_and_told_when_the_vendor_moves_it_if_a_person_approves(house: House) -> None:
    until = house.now.replace(minute=0) + HOUR
    warns(house)
    page_says(house, until)
    house.breaks(CARD)
    house.round()
    house.tell()
    assert [promise.at for promise in house.promises()] == [until]
    page_says(house, until + HOUR)
    house.round()
    moved = house.drafts()[-1]
    assert house.notice(moved.notice).rule == TOLD
    assert moved.quoted.promise_at == until + HOUR
    assert not house.postman.letters(house.notice(moved.notice).step), "nobody has approved it"
    house.approve()
    house.run(10 * MINUTE)
    assert [promise.at for promise in house.promises()] == [until, until + HOUR]


def test_a_draft_that_waits_names_the_time_that_the_page_names_now(house: House) -> None:
    until = house.now.replace(minute=0) + HOUR
    warns(house)
    page_says(house, until)
    house.breaks(CARD)
    house.round()
    assert house.draft().quoted.promise_at == until
    page_says(house, until + HOUR)
    house.round()
    assert house.draft().quoted.promise_at == until + HOUR


def test_a_time_that_the_page_takes_back_gives_way_to_the_past_and_staff_hear_of_it(house: House) -> None:
    warns(house)
    page_says(house, house.now + HOUR)
    house.breaks(CARD)
    house.round()
    page_says(house, None, Verdict.UNKNOWN)
    house.round()
    assert estimated(house).basis is Basis.VENDOR, "a page that cannot be read takes nothing back"
    page_says(house, None)
    house.round()
    assert estimated(house).basis is Basis.HISTORY
    assert [type(entry.said) for entry in house.entries()][-1] is EtaWithdrawn


def test_that_all_is_well_at_the_vendors_takes_it_back_too(house: House) -> None:
    signal = warns(house)
    page_says(house, house.now + HOUR)
    house.breaks(CARD)
    house.round()
    house.do(lambda c: watching.keep_signals(c, [replace(signal, cleared_at=house.now, good_since=house.now)]))
    house.round()
    assert estimated(house).basis is Basis.HISTORY


def test_what_is_no_instant_is_none(house: House) -> None:
    warns(house)
    page_says(house, "soon")
    house.breaks(CARD)
    house.round()
    assert estimated(house).basis is Basis.HISTORY


def test_a_persons_own_time_stands_above_the_page_and_one_on_a_vendors_word_says_whose_it_is(house: House) -> None:
    warns(house)
    page_says(house, house.now + HOUR)
    house.breaks(CARD)
    house.set_eta(house.now + 2 * HOUR)
    house.round()
    assert estimated(house).basis is Basis.ENGINEER
    house.done(SetEta(incident=1, until=house.now + 3 * HOUR, reason="they replace a disk", vendor="Cloud One"), "Omar")
    house.round()
    said = estimated(house)
    assert (said.basis, said.author) == (Basis.VENDOR, "Omar")
    assert said.reason == "on the word of Cloud One: they replace a disk"
