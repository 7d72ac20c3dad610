"""Times of return that vendors name: shown to a person, and given only by one."""

from datetime import datetime

from sentinel.model.command import SetEta
from sentinel.model.estimate import Basis, Estimate
from sentinel.model.incident import EtaSet
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.model.signal import Signal
from sentinel.run import pages
from sentinel.serve.port import VendorTime
from sentinel.store import incidents, watching

from .world import CARD, HOUR, MINUTE, House

PAGE = "ledger.cloud-page"
"""Of the vendor on whom the ledger stands, and payments stand on the ledger."""


def warns(house: House, *, check: str = PAGE, service: str = "ledger", place: str = "head-office") -> None:
    """The detector `vendor` has warned of the page."""
    made = Signal(
        id=f"vendor:{check}@{place}:{house.now.isoformat()}",
        detector="vendor",
        service=service,
        check=check,
        place=place,
        verdict=Verdict.DEGRADED,
        statement=None,
        since=house.now,
        raised_at=house.now,
    )
    house.do(lambda c: watching.keep_signals(c, [made]))


def says(
    house: House,
    until: datetime | str | None,
    verdict: Verdict = Verdict.UP,
    *,
    check: str = PAGE,
    place: str = "head-office",
) -> None:
    """What the page was seen to say last."""
    facts: dict[str, Fact] = {"indicator": "maintenance"}
    if until is not None:
        facts["ends_at"] = until.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(until, datetime) else until
    seen = Observation(check=check, place=place, at=house.now, sample=SampleKind.SCHEDULED, verdict=verdict, facts=facts)
    house.do(lambda c: watching.keep_latest(c, seen, "up", house.now, ""))


def offered(house: House) -> tuple[VendorTime, ...]:
    page = house.read(lambda c: pages.incident(c, house.world, 1, house.now))
    assert page is not None
    return page.vendors


def estimated(house: House) -> Estimate:
    last = house.read(lambda c: incidents.last_estimate(c, 1, 1))
    assert last is not None
    return last


def test_the_end_of_a_vendors_work_is_shown_beside_what_stands_on_it_and_the_machine_gives_it_to_nobody(house: House) -> None:
    until = house.now + HOUR
    warns(house)
    says(house, until)
    house.breaks(CARD)
    house.run(4 * MINUTE)
    assert offered(house) == (VendorTime(check=PAGE, until=until),)
    assert estimated(house).basis is Basis.HISTORY
    assert not any(isinstance(entry.said, EtaSet) for entry in house.entries())


def test_a_person_gives_it_on_the_vendors_word_and_it_is_promised_as_given(house: House) -> None:
    until = house.now.replace(minute=0) + HOUR
    house.breaks(CARD)
    house.done(SetEta(incident=1, until=until, reason="they replace a disk", vendor="Cloud One"), "Omar")
    said = estimated(house)
    assert (said.basis, said.author, said.p50, said.p80) == (Basis.VENDOR, "Omar", until - said.began_at, until - said.began_at)
    assert said.reason == "on the word of Cloud One: they replace a disk"
    assert house.draft().quoted.promise_at == until
    house.done(SetEta(incident=1, until=until + HOUR, reason="the disk is late", vendor="Cloud One"), "Omar")
    assert house.draft().quoted.promise_at == until + HOUR, "a draft that waits names the time that holds now"
    house.tell()
    assert [promise.at for promise in house.promises()] == [until + HOUR]


def test_only_pages_that_warn_themselves_of_what_it_stands_on_are_shown(house: House) -> None:
    house.breaks(CARD)
    says(house, house.now + HOUR)
    assert offered(house) == (), "nothing was warned of"
    warns(house, service="quoting")
    assert offered(house) == (), "payments do not stand on quoting"


def test_what_has_passed_what_is_no_instant_and_a_page_that_cannot_be_read_say_nothing(house: House) -> None:
    house.breaks(CARD)
    warns(house)
    for said in (house.now - MINUTE, "soon", None):
        says(house, said)
        assert offered(house) == ()
    says(house, house.now + HOUR, Verdict.UNKNOWN)
    assert offered(house) == ()


def test_of_several_places_the_latest_counts_that_warns_itself_and_of_several_pages_each(house: House) -> None:
    house.breaks(CARD)
    for place, hours in (("head-office", 1), ("branch", 2), ("depot", 3)):
        says(house, house.now + hours * HOUR, place=place)
    warns(house)
    warns(house, place="branch")
    warns(house, check="payments.other-page", service="payments")
    says(house, house.now + 4 * HOUR, check="payments.other-page")
    other = VendorTime(check="payments.other-page", until=house.now + 4 * HOUR)
    assert offered(house) == (other, VendorTime(check=PAGE, until=house.now + 2 * HOUR))


def test_an_incident_that_recovers_needs_no_time(house: House) -> None:
    house.breaks(CARD)
    warns(house)
    says(house, house.now + HOUR)
    house.heals(CARD)
    assert offered(house) == ()
