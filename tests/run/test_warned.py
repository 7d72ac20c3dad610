"""Early warnings beside the incident of their service: which stand there, and that they change nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

from sentinel.model.incident import Phase
from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal
from sentinel.run import pages, warned
from sentinel.serve.port import EarlyWarning
from sentinel.store import watching

from .world import CARD, HOUR, MINUTE, PAY, House


def warns(
    house: House, since: datetime, over_at: datetime | None = None, *, service: str = "payments", detector: str = "unusual"
) -> None:
    """A detector has warned of the card form."""
    made = Signal(
        id=f"{detector}:{CARD}@head-office:{since.isoformat()}",
        detector=detector,
        service=service,
        check=CARD,
        place="head-office",
        verdict=Verdict.DEGRADED,
        statement=None,
        since=since,
        raised_at=since,
        evidence=f"it said so at {since:%H:%M}",
        cleared_at=over_at,
    )
    house.do(lambda c: watching.keep_signals(c, [made]))


def beside(house: House) -> tuple[EarlyWarning, ...]:
    page = house.read(lambda c: pages.incident(c, house.world, 1, house.now))
    assert page is not None
    return page.warnings


def test_what_stood_in_the_hour_before_it_began_or_stands_is_beside_it(house: House) -> None:
    began = house.now
    warns(house, began - 3 * HOUR, began - 2 * HOUR)
    warns(house, began - 2 * HOUR, began - 30 * MINUTE)
    warns(house, began - 10 * MINUTE)
    warns(house, began - 10 * MINUTE, service="quoting", detector="forecast")
    warns(house, began - 10 * MINUTE, detector="slow")
    house.breaks(CARD)
    found = beside(house)
    assert [one.since for one in found] == [began - 2 * HOUR, began - 10 * MINUTE]
    assert [one.over_at for one in found] == [began - 30 * MINUTE, None]
    assert {(one.check, one.detector) for one in found} == {(CARD, "unusual")}
    assert found[1].detail == f"it said so at {began - 10 * MINUTE:%H:%M}"


def test_it_stands_in_no_timeline_and_one_that_comes_after_the_end_is_not_beside_it(house: House) -> None:
    warns(house, house.now - 10 * MINUTE, house.now - MINUTE)
    house.breaks(CARD)
    house.heals(CARD)
    house.run(10 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED
    warns(house, house.now)
    assert len(beside(house)) == 1
    assert not any("unusual" in str(entry.said) for entry in house.entries())


def test_no_more_than_the_latest_stand_there(house: House) -> None:
    for number in range(warned.SHOWN + 5):
        warns(house, house.now - timedelta(minutes=number + 1))
    house.breaks(CARD)
    found = beside(house)
    assert len(found) == warned.SHOWN
    assert found[-1].since == max(one.since for one in found)


def test_a_claim_that_its_check_lets_warn_only_stands_there_too(house: House) -> None:
    there = house.world.installation
    card = replace(there.checks[CARD], warns=("outage",))
    house.world = replace(house.world, installation=replace(there, checks={**there.checks, CARD: card}))
    house.breaks(CARD)
    house.breaks(PAY)
    assert [(one.check, one.detector) for one in beside(house)] == [(CARD, "outage")]
