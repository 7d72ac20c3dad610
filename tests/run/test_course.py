"""Estimates are made at 0, 30 and 60 minutes and graded when it is over; what came of them teaches, also after a restart."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text, update

from sentinel.estimate.decide import at_mark
from sentinel.estimate.grade import MARKS
from sentinel.estimate.rehearse import Experience
from sentinel.model.command import Acknowledge, Dismiss
from sentinel.model.estimate import Basis, Episode
from sentinel.model.incident import Phase
from sentinel.model.limits import Drill
from sentinel.run import course, learning, scorecard
from sentinel.run.learning import Learning
from sentinel.run.reads import Reads
from sentinel.run.world import Lived
from sentinel.store import episodes, quarantine, tables
from sentinel.store.column import microseconds
from tests.estimate import insurer
from tests.serve.real import HouseClock

from .world import CARD, HOUR, MINUTE, SECOND, House


def only(house: House) -> Episode:
    found = house.read(lambda c: episodes.latest(c, 10, promises=True))
    assert found.damaged == ()
    (one,) = found.episodes
    return one


def elapsed(house: House) -> list[tuple[timedelta, timedelta]]:
    return [(one.mark, one.elapsed) for one in only(house).marks]


def test_an_estimate_is_made_at_each_mark_whether_anybody_is_shown_it_or_not(house: House) -> None:
    """Nobody approves anything: no customer is told, and all three are there."""
    house.posts = False
    house.breaks(CARD)
    house.run(66 * MINUTE, step=6 * MINUTE)
    found = elapsed(house)
    assert [mark for mark, _ in found] == list(MARKS)
    assert all(mark <= made < mark + 7 * MINUTE for mark, made in found)
    assert all(one.basis is Basis.HISTORY and one.p80 and one.p80 > one.elapsed and one.curve for one in only(house).marks)
    assert house.promises() == []


def test_a_round_that_comes_late_makes_them_and_says_when_it_did(house: House) -> None:
    house.posts = False
    house.breaks(CARD)
    house.now += 45 * MINUTE
    house.round()
    found = elapsed(house)
    assert [mark for mark, _ in found] == list(MARKS[:2])
    assert found[1][1] > 45 * MINUTE
    before = only(house).marks
    house.round()
    assert only(house).marks == before, "once each"


def test_it_is_graded_when_it_is_over_with_the_promise_by_its_published_instant(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.run(40 * MINUTE, step=10 * MINUTE)
    house.heals(CARD)
    assert only(house).over_at is None, "while the hold runs nothing is known"
    house.run(15 * MINUTE, step=5 * MINUTE)
    one = only(house)
    assert house.incident().phase is Phase.RESOLVED
    assert (one.recovered_at, one.over_at) == (house.incident().recovered_at, house.incident().resolved_at)
    assert (one.service, one.impact) == ("payments", "major_outage")
    shown = house.read(scorecard.page).card
    assert [score.graded for score in shown.whole.marks] == [1, 1, 0]
    assert shown.whole.promises is not None
    assert (shown.whole.promises.kept, shown.whole.promises.broken) == (1, 0)
    assert [line.name for line in shown.services] == ["payments"]


def test_what_was_dismissed_is_counted_apart_and_teaches_nothing(house: House) -> None:
    house.breaks(CARD)
    house.done(Dismiss(incident=1, reason="a probe of ours was wrong"))
    one = only(house)
    assert one.over_at is not None
    assert one.recovered_at is None
    shown = house.read(scorecard.page).card
    assert (shown.episodes, shown.dismissed) == (0, 1)


def test_a_suspicion_that_passed_unconfirmed_teaches_nothing(house: House) -> None:
    house.breaks(CARD)
    house.heals(CARD)
    house.run(15 * MINUTE, step=5 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED
    assert house.incident().confirmed_at is None
    one = only(house)
    assert (one.over_at, one.recovered_at) == (house.incident().resolved_at, None)
    shown = house.read(scorecard.page).card
    assert (shown.episodes, shown.dismissed) == (0, 1)


def test_what_somebody_acknowledged_teaches(house: House) -> None:
    house.breaks(CARD)
    house.done(Acknowledge(incident=1))
    house.heals(CARD)
    house.run(15 * MINUTE, step=5 * MINUTE)
    assert only(house).recovered_at == house.incident().recovered_at


def test_a_second_episode_is_another_row(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.heals(CARD)
    house.run(15 * MINUTE, step=5 * MINUTE)
    house.breaks(CARD)
    found = house.read(lambda c: episodes.latest(c, 10)).episodes
    assert [(one.episode, one.over_at is None) for one in found] == [(2, True), (1, False)]


def taught(house: House, count: int, lasted: timedelta = 2 * HOUR) -> None:
    """The days before, one incident a day, as rounds would have left them."""
    for nth in range(1, count + 1):
        began = house.now - timedelta(days=nth)
        over = began + lasted
        one = Episode(
            incident=1000 + nth, episode=1, service="payments", began_at=began, recovered_at=over, over_at=over + 5 * MINUTE,
        )  # fmt: skip
        of = insurer.incident(id=one.incident, began_at=began, first_began_at=began, detected_at=began)
        policy = house.world.installation.estimate
        mark = at_mark(of, None, house.world.history, began + SECOND, policy, (), MARKS[0])
        house.do(partial(episodes.keep, one=one))
        house.do(partial(episodes.keep_mark, incident=one.incident, episode=1, said=mark))


def test_what_it_has_lived_through_moves_the_estimate_and_is_the_same_after_a_restart(house: House) -> None:
    house.posts = False
    before = house.world.history.levels
    taught(house, 30)
    learning.look(house.world, house.store, house.now)
    levels = house.world.history.levels
    assert levels.at(MARKS[0])[1] > before.at(MARKS[0])[1]
    house.breaks(CARD)
    made = only_open(house).marks[0]
    assert made.p80 is not None
    assert made.p80 >= 2 * HOUR - MINUTE
    fresh = replace(house.world, own=Lived())
    learning.look(fresh, house.store, house.now)
    assert fresh.history.levels == levels


def only_open(house: House) -> Episode:
    return next(one for one in house.read(lambda c: episodes.latest(c, 100)).episodes if one.over_at is None)


@pytest.mark.parametrize(
    ("table", "broken"),
    [("episode", {"told": "{"}), ("episode", {"began_at": "x"}), ("shadow", {"basis": "guess"}), ("shadow", {"p80": 2**62})],
    ids=["told", "instant", "basis", "length"],
)
def test_a_damaged_row_is_left_out_and_named_and_stops_nothing(house: House, table: str, broken: dict[str, object]) -> None:
    taught(house, 5)
    damaged = tables.metadata.tables[table]
    sets = ", ".join(f"{name} = :{name}" for name in broken)
    house.do(lambda c: c.execute(text(f"update {damaged.name} set {sets} where incident = 1003"), broken))
    assert learning.look(house.world, house.store, house.now)[0] == (1003,)
    assert len(house.world.own.joined(Experience()).past.rows) == 4
    assert house.read(scorecard.page).damaged == (1003,)
    house.breaks(CARD)
    assert house.incident().phase is Phase.INVESTIGATING or house.incident().phase is Phase.SUSPECTED


def test_where_estimates_cannot_be_kept_customers_are_told_all_the_same(house: House) -> None:
    house.do(lambda c: c.execute(text("drop table shadow")))
    house.do(lambda c: c.execute(text("create table shadow (incident int, episode int, mark int)")))
    house.breaks(CARD)
    house.tell()
    assert house.postman.heard("opened")
    aside = house.read(lambda c: quarantine.of(c, "grades"))
    assert list(aside) == [1]


async def test_it_looks_again_only_when_an_episode_began_or_ended(house: House, caplog: pytest.LogCaptureFixture) -> None:
    loop = Learning(Reads(house.world, house.store, HouseClock(house)))
    await loop._look()
    first = house.world.history
    await loop._look()
    assert house.world.history is first
    taught(house, 6)
    house.do(lambda c: c.execute(update(tables.shadow).where(tables.shadow.c.incident == 1002).values(basis="guess")))
    with caplog.at_level(logging.WARNING):
        await loop._look()
        await loop._look()
    assert len(house.world.history.past.rows) == len(first.past.rows) + 5
    assert [one.getMessage() for one in caplog.records] == [
        "1 incidents teach nothing, since what is kept of them is damaged: 1002"
    ]


def test_the_store_is_read_by_the_command_while_a_hub_has_it_open(house: House) -> None:
    from click.testing import CliRunner

    from sentinel.cli.main import main

    taught(house, 12)
    config = house.folder / "sentinel.yaml"
    Path(config).write_text("store: sentinel.db\n", encoding="utf-8")
    ran = CliRunner().invoke(main, ["scorecard", "--config", str(config)])
    assert ran.exit_code == 0, ran.output
    assert "12 incidents ended, 0 open, 0 dismissed or never confirmed." in ran.output
    assert "of 12" in ran.output
    as_json = CliRunner().invoke(main, ["scorecard", "--config", str(config), "--service", "quoting", "--json"])
    assert '"episodes":0' in as_json.output


def test_a_drill_is_no_past_incident(house: House) -> None:
    real = house.world
    house.world = replace(real, installation=replace(real.installation, drill=Drill(only=("ada@example.com",))))
    house.breaks(CARD)
    assert house.read(lambda c: episodes.latest(c, 10)).episodes == ()


def test_an_end_that_was_not_written_is_written_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older hub played the rounds meanwhile, or writing it broke."""
    house.breaks(CARD)
    with monkeypatch.context() as without:
        without.setattr(course, "keep", lambda *_: None)
        house.done(Dismiss(incident=1, reason="a probe of ours was wrong"))
        house.ill.clear()
        house.now += 60 * MINUTE
        house.heals(CARD)
        house.run(10 * MINUTE)
    assert only(house).over_at is None
    house.run(4 * MINUTE)
    assert only(house).over_at is not None


def test_an_instant_at_the_end_of_the_calendar_is_damage(house: House) -> None:
    taught(house, 3)
    last = {"at": microseconds(datetime(9999, 12, 31, 23, 59, tzinfo=UTC))}
    house.do(lambda c: c.execute(text("update shadow set began_at = :at, mark = 1800000000 where incident = 1003"), last))
    assert learning.look(house.world, house.store, house.now)[0] == (1003,)


def test_a_world_that_is_being_loaded_makes_what_the_one_in_force_has_learned_no_second_time() -> None:
    cell = Lived()
    in_force, loading = Experience(), Experience()
    cell.take(Experience(), in_force)
    known = cell.joined(in_force)
    ready = cell.joined(loading)
    assert cell.joined(in_force) is known
    assert cell.joined(loading) is ready
