"""A number that leaves what was learned of it, through the hub and its store: staff see it, and customers never hear of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from sentinel.detect.baseline import begin, from_text, take, to_text
from sentinel.detect.kind import unusual
from sentinel.detect.watch import Fitted
from sentinel.model.observation import Verdict
from sentinel.model.signal import Hysteresis
from sentinel.run import sight
from sentinel.run.round import play
from sentinel.store import codec, incidents, recalled, tables, watching
from sentinel.store.database import Store
from sentinel.store.learned import END
from tests.run.world import CARD, MINUTE, House

SLOW = 900.0
T = tables.hysteresis


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    own = Fitted(kind="unusual", detector=unusual, options=unusual.Options())
    made.world = replace(made.world, detectors={**made.world.detectors, CARD: (*made.world.detectors[CARD], own)})
    yield made
    made.close()


def learn(house: House) -> None:
    """Two days around 200 ms, as though this hub had seen them."""
    rows = 2 * 288
    first = house.now - rows * 5 * MINUTE
    known = begin("total_ms", first, 200.0)
    for row in range(1, rows):
        known = take(known, first + row * 5 * MINUTE, 200.0 + row % 9).known
    place = house.world.installation.place
    house.do(lambda c: watching.keep_hysteresis(c, CARD, place, {"unusual": Hysteresis(learned=to_text(known))}))


def takes(house: House, milliseconds: float, times: int) -> None:
    """The card form answers, in that time, at so many samples a minute apart."""
    for _ in range(times):
        house.now += timedelta(minutes=1)
        batch = house.batch({CARD: Verdict.UP})
        house.round(replace(batch, rows=tuple(row._replace(facts={"total_ms": milliseconds}) for row in batch.rows)))


def test_it_is_claimed_and_opens_nothing(house: House) -> None:
    learn(house)
    takes(house, SLOW, 6)
    (signal,) = house.read(lambda c: watching.signals_since(c, house.now))
    assert (signal.detector, signal.stands) == ("unusual", True)
    assert house.read(lambda c: incidents.live(c, house.now)) == []


def test_what_is_learned_lies_in_the_store_and_is_read_again(house: House) -> None:
    place = house.world.installation.place
    takes(house, 200.0, 16)
    held = house.read(lambda c: watching.hysteresis_of(c, CARD, place))["unusual"]
    known = from_text(held.learned, "total_ms")
    assert known is not None
    assert known.rows == 3, "of sixteen samples a minute apart"
    assert held.gathered is not None
    assert held.gathered.seen == 1


def test_what_is_large_is_written_when_a_row_is_full_and_at_no_other_sample(house: House) -> None:
    takes(house, 200.0, 6)
    house.do(count_writes)
    takes(house, 200.0, 4)
    assert house.read(writes) == {"unusual": 4}
    takes(house, 200.0, 1)
    assert house.read(writes) == {"unusual": 5, f"unusual{END}": 1}


def count_writes(c: Connection) -> None:
    c.execute(text("CREATE TABLE written (detector TEXT)"))
    c.execute(text("CREATE TRIGGER t AFTER UPDATE ON hysteresis BEGIN INSERT INTO written VALUES (NEW.detector); END"))


def writes(c: Connection) -> dict[str, int]:
    """Detector → how often its memory was written."""
    asked = text("SELECT detector, count(*) FROM written WHERE detector LIKE 'unusual%' GROUP BY detector")
    return {row[0]: row[1] for row in c.execute(asked)}


def texts(c: Connection) -> dict[str, str]:
    """Detector → the text that lies in the store, of the card form."""
    return {row.detector: row.state for row in c.execute(select(T.c.detector, T.c.state).where(T.c.check == CARD))}


def test_what_a_check_has_learned_goes_when_it_is_no_longer_wanted(house: House) -> None:
    takes(house, 200.0, 6)
    assert {"unusual", f"unusual{END}"} <= set(house.read(texts))
    house.do(lambda c: watching.forget(c, {CARD: ("outage", "unusual")}, house.now))
    assert {"unusual", f"unusual{END}"} <= set(house.read(texts))
    house.do(lambda c: watching.forget(c, {CARD: ("outage",)}, house.now))
    assert "unusual" not in str(house.read(texts))


def test_what_is_forgotten_of_a_run_leaves_what_was_learned(house: House) -> None:
    place = house.world.installation.place
    takes(house, 200.0, 6)
    before = house.read(texts)[f"unusual{END}"]
    house.do(lambda c: sight.forget_runs(c, house.world, place))
    held = house.read(lambda c: watching.hysteresis_of(c, CARD, place))["unusual"]
    assert held == Hysteresis(learned=before)


def test_customers_hear_nothing_of_it_by_themselves(house: House) -> None:
    learn(house)
    takes(house, SLOW, 20)
    house.run(timedelta(minutes=30))
    assert house.postman.letters("opened") == []


def state(house: House) -> Hysteresis:
    """What lies in the store."""
    place = house.world.installation.place
    return house.read(lambda c: watching.hysteresis_of(c, CARD, place))["unusual"]


def seen(held: Hysteresis) -> int:
    assert held.gathered is not None
    return held.gathered.seen


def takes_alone(house: House) -> None:
    """So many samples that this process is known to be alone, the last of them the first of a row."""
    takes(house, 200.0, 21)


def test_a_process_that_is_alone_writes_what_changes_at_every_sample_only_now_and_then(house: House) -> None:
    takes_alone(house)
    house.do(count_writes)
    takes(house, 200.0, 4)
    assert house.read(writes) == {}
    takes(house, 200.0, 1)
    assert house.read(writes) == {"unusual": 1, f"unusual{END}": 1}
    assert seen(state(house)) == 1, "the four samples before are in what was learned"


def test_what_waits_is_written_when_its_time_has_come(house: House) -> None:
    takes_alone(house)
    takes(house, 200.0, 2)
    house.now += 6 * MINUTE
    batch = house.batch({CARD: Verdict.UP}, ages=(240.0,))
    house.round(replace(batch, rows=tuple(row._replace(facts={"total_ms": 200.0}) for row in batch.rows)))
    assert seen(state(house)) == 4


def test_what_waits_is_written_at_an_orderly_end(house: House) -> None:
    takes_alone(house)
    takes(house, 200.0, 3)
    assert seen(state(house)) == 1
    house.store.close()
    house.store = Store.open(house.folder / "sentinel.db")
    assert seen(state(house)) == 4


def test_a_claim_waits_for_nothing(house: House) -> None:
    learn(house)
    takes(house, 200.0, 25)
    takes(house, SLOW, 6)
    assert state(house).raised_since is not None


def outage(house: House) -> Hysteresis:
    return house.read(lambda c: watching.hysteresis_of(c, CARD, house.world.installation.place))["outage"]


def test_what_was_undone_is_not_recalled(house: House) -> None:
    takes(house, 200.0, 3)
    batch = house.batch({CARD: Verdict.DOWN})

    def in_vain(c: Connection) -> None:
        play(c, house.world, [(batch, house.now)], house.now)
        raise RuntimeError("the round breaks after its samples were taken in")

    house.now += MINUTE
    with pytest.raises(RuntimeError):
        house.do(in_vain)
    house.now += MINUTE
    house.round(batch)
    assert (outage(house).bad_samples, outage(house).bad_since) == (1, house.now)


def test_what_somebody_else_has_written_is_read_anew(house: House) -> None:
    takes_alone(house)

    def another(c: Connection) -> None:
        """What a second hub leaves: what it remembers, and its mark."""
        text = codec.to_text(Hysteresis, Hysteresis(bad_since=house.now, bad_samples=2))
        c.execute(T.update().where(T.c.check == CARD, T.c.detector == "outage").values(state=text))
        c.execute(T.update().where(T.c.detector == recalled.MARK).values(state="another's"))

    house.do(another)
    house.now += MINUTE
    house.observe({CARD: Verdict.DOWN})
    assert outage(house).bad_samples == 3
