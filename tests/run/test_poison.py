"""What breaks us is set aside and stops nobody else (F34)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from sentinel.model.command import Hold
from sentinel.model.observation import Verdict
from sentinel.probe.wire import Batch
from sentinel.run import failureview, intake, poison
from sentinel.store import incidents, quarantine, tables, watching
from sentinel.store.trouble import StoreBusy

from .world import CARD, DOCUMENTS, HOUR, MINUTE, PAY, SECOND, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def poisoned(batch: Batch, *which: int) -> Batch:
    """The rows at these places hold what no database can: a lone surrogate."""
    rows = [row._replace(reason="bad \udcff") if at in which else row for at, row in enumerate(batch.rows)]
    return replace(batch, rows=tuple(rows))


def test_one_bad_result_in_two_hundred_is_set_aside_and_all_others_are_taken_in_at_once(house: House) -> None:
    """F34"""
    ages = tuple(float(age) for age in range(100, 0, -1))
    bad = poisoned(house.batch({CARD: Verdict.DOWN, DOCUMENTS: Verdict.UP}, ages), 7)
    outcome = house.round(bad)
    assert "1 results could not be stored and were set aside: UnicodeEncodeError" in outcome.refused[0]
    assert house.incident().services == ("payments",), "the others were detected on in the same round"
    (aside,) = house.read(lambda c: quarantine.of(c, bad.source)).values()
    assert (aside.number, aside.tries) == (bad.number, 3)
    assert house.read(lambda c: watching.cursor_of(c, bad.source)) == bad.number, "it is acknowledged, and does not come again"
    assert house.round(house.batch({CARD: Verdict.DOWN})).refused == ()


def test_a_batch_of_nothing_but_bad_results_costs_a_bounded_time(house: House) -> None:
    batch = house.batch({CARD: Verdict.DOWN}, tuple(float(age) for age in range(400, 0, -1)))
    outcome = house.round(poisoned(batch, *range(400)))
    assert "400 results" in outcome.refused[0]
    assert intake.BAD_MOST < 400


def test_trouble_of_the_store_is_nobodys_fault_and_passes_through(house: House) -> None:
    def away() -> None:
        raise StoreBusy("another process holds the store")

    with pytest.raises(StoreBusy):
        house.do(lambda c: poison.attempt(c, away))


def test_what_broke_is_told_without_what_it_said(house: House) -> None:
    def breaks() -> None:
        raise ValueError("ada@example.com")

    why = house.do(lambda c: poison.attempt(c, breaks))
    assert why.startswith("ValueError at ")
    assert "ada" not in why


def spoil(house: House, incident: int) -> None:
    """Make the incident's notices unreadable, as a bug of ours would."""
    house.do(lambda c: c.execute(update(tables.notice).where(tables.notice.c.incident == incident).values(occasion="unheard")))


def test_an_incident_that_cannot_be_seen_to_stops_no_other(house: House) -> None:
    """F34"""
    house.breaks(CARD, PAY)
    before = {notice.id: notice.occasion.value for notice in house.notices()}
    spoil(house, 1)
    house.now += 4 * MINUTE
    house.breaks(DOCUMENTS)
    assert house.incident(2).services == ("documents",)
    assert house.notices(incident=2), "staff hear of the other one"
    assert house.read(lambda c: quarantine.of(c, poison.INCIDENT))[1].tries >= 1
    for _ in range(5):
        house.now += SECOND
        house.round()
    tried = house.read(lambda c: quarantine.of(c, poison.INCIDENT))[1].tries
    assert tried == poison.MOST, "then it is tried now and then"
    house.now += MINUTE
    house.round()
    assert house.read(lambda c: quarantine.of(c, poison.INCIDENT))[1].tries == tried + 1
    for number, occasion in before.items():
        mend = update(tables.notice).where(tables.notice.c.id == number).values(occasion=occasion)
        house.do(lambda c, mend=mend: c.execute(mend))  # type: ignore[misc]  # a default that binds
    house.now += MINUTE
    house.round()
    assert house.read(lambda c: quarantine.of(c, poison.INCIDENT)) == {}, "it is seen to again"


def garble(house: House, incident: int, seq: int, said: str = "{") -> None:
    """Spoil one entry of a timeline, as a damaged disk would."""
    t = tables.entry.c
    mine = update(tables.entry).where(t.incident == incident, t.seq == seq)
    house.do(lambda c: c.execute(mine.values(said=said)))


def test_a_timeline_that_cannot_be_read_stops_no_other_and_opens_no_second_incident_beside_it(house: House) -> None:
    """F34: what is in it counts as far as it can be read; nothing more is written to it."""
    house.breaks(CARD, PAY)
    entries = len(house.entries())
    garble(house, 1, entries)
    house.now += 4 * MINUTE
    house.breaks(DOCUMENTS)
    house.run(2 * MINUTE)
    assert house.read(lambda c: incidents.live(c, house.now - MINUTE)) == [1, 2], "one for documents, and no second of payments"
    assert house.incident(2).services == ("documents",)
    assert house.notices(incident=2), "staff hear of the other one"
    assert house.read(lambda c: quarantine.of(c, poison.TIMELINE))[1].tries >= poison.MOST
    page = house.read(lambda c: failureview.page(c, None, 50, house.now))
    assert "Timeline of incident" in [one.what for one in page.aside]
    assert house.do(lambda c: len(c.execute(select(tables.entry.c.seq).where(tables.entry.c.incident == 1)).all())) == entries


def test_what_is_tried_in_every_round_is_written_down_no_more_often_than_the_rest(house: House) -> None:
    house.breaks(CARD)
    garble(house, 1, 1)
    for _ in range(20):
        house.now += SECOND
        house.round()
    assert house.read(lambda c: quarantine.of(c, poison.TIMELINE))[1].tries == poison.MOST


def test_a_notice_that_cannot_be_written_out_stops_no_other(house: House) -> None:
    """F34"""
    house.breaks(CARD, PAY)
    house.set_eta(house.now + HOUR)
    first = house.tell()
    owes = update(tables.notice).where(tables.notice.c.id == first.id)
    house.do(lambda c: c.execute(owes.values(occasion="unheard", expanded=False)))
    house.now += 4 * MINUTE
    house.breaks(DOCUMENTS)
    assert house.notices(incident=2), "the rounds go on"
    assert house.read(lambda c: quarantine.of(c, poison.NOTICE))[first.id].tries >= 1


def test_what_was_set_aside_is_shown(house: House) -> None:
    house.round(poisoned(house.batch({CARD: Verdict.UP}), 0))
    page = house.read(lambda c: failureview.page(c, None, 50, house.now))
    assert (page.asides, [one.tries for one in page.aside]) == (1, [3])


def test_a_person_can_act_on_an_incident_that_cannot_be_seen_to(house: House) -> None:
    """What they ask is carried out: a kill switch or a note must not fail because something else is broken."""
    house.breaks(CARD, PAY)
    spoil(house, 1)
    house.done(Hold(on=True, why="something is odd"))
    assert house.read(lambda c: c.execute(select(tables.installation.c.hold)).scalar_one())
