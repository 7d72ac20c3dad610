"""Our own trouble is never theirs (P8): a hub that is cut off, or whose clock jumps, tells no customer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sentinel.detect.watch import fit
from sentinel.model.delivery import Lane
from sentinel.model.incident import Phase
from sentinel.model.observation import Verdict
from sentinel.run import heartbeat, listening, sight
from sentinel.run.kinds import FoundKinds
from sentinel.run.sight import canary_checks
from sentinel.run.world import World
from sentinel.store import tables, watching
from tests.run.world import CARD, HOUR, MINUTE, PAY, SECOND, House

DOWN, UP, UNKNOWN = Verdict.DOWN, Verdict.UP, Verdict.UNKNOWN
ADDRESSES = ("tcp://192.0.2.1:443", "tcp://198.51.100.1:443", "https://www.example.com/")
MANY = tuple(f"payments.card-form-{number}" for number in range(50))


def with_canaries(world: World, addresses: tuple[str, ...] = ADDRESSES) -> World:
    house = replace(world.installation, canaries=addresses)
    return replace(world, installation=house, canaries=canary_checks(house, world.detectors))


def with_many(world: World) -> World:
    """Fifty checks like the card form."""
    one, fitted = world.installation.checks[CARD], world.detectors[CARD]
    more = {name: replace(one, id=name) for name in MANY}
    house = replace(world.installation, checks={**world.installation.checks, **more})
    pings = heartbeat.by_hash(house)
    return replace(world, installation=house, pings=pings, detectors={**world.detectors, **dict.fromkeys(MANY, fitted)})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, watched=())
    made.world = with_canaries(with_many(made.world))
    yield made
    made.close()


def count(house: House, table: str) -> int:
    return house.read(lambda c: c.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one())


FEW = MANY[:2]


def pass_time(
    house: House,
    length: timedelta,
    targets: Verdict,
    canaries: Verdict,
    step: timedelta = 5 * SECOND,
    names: tuple[str, ...] = FEW,
) -> None:
    """Samples of the targets and of all canaries at each step, targets first."""
    end = house.now + length
    while house.now < end:
        house.now += step
        house.observe(dict.fromkeys(names, targets))
        house.observe(dict.fromkeys(house.world.canaries, canaries))


def test_a_hub_that_is_cut_off_from_fifty_targets_opens_nothing_and_drafts_nothing(house: House) -> None:
    """F24."""
    pass_time(house, 10 * SECOND, UP, UP, names=MANY)
    pass_time(house, 2 * MINUTE, DOWN, DOWN, step=10 * SECOND, names=MANY)
    assert count(house, "incident") == 0
    assert count(house, "notice") == 0
    assert house.read(lambda c: sight.of(c, house.world)).is_blind
    shown = {one.shown for one in house.read(watching.all_latest) if one.check in MANY}
    assert shown == {"unknown"}
    pass_time(house, 30 * SECOND, UP, UP, step=10 * SECOND, names=MANY)
    assert count(house, "incident") == 0
    assert {one.shown for one in house.read(watching.all_latest) if one.check in MANY} == {"up"}


def test_a_place_that_looks_no_more_has_no_voice(house: House) -> None:
    """F23: a place that was renamed, or cut off, said last that all is well. It is no majority against those who look."""
    place = house.world.installation.place
    house.world = replace(house.world, installation=replace(house.world.installation, place="the old name"))
    pass_time(house, 20 * SECOND, UP, UP)
    house.world = replace(house.world, installation=replace(house.world.installation, place=place))
    house.now += 10 * MINUTE
    pass_time(house, 20 * SECOND, UP, UP)
    pass_time(house, MINUTE, DOWN, UP)
    assert [one.service for one in house.incident().felt] == ["payments"]
    assert len(house.drafts()) == 1


def test_what_the_canaries_found_is_stored_like_any_observation(house: House) -> None:
    pass_time(house, 20 * SECOND, UP, DOWN)
    numbers = select(tables.check_name.c.check).where(tables.check_name.c.check.like("canary/%"))
    assert len(set(house.read(lambda c: c.execute(numbers).scalars().all()))) == 3


def test_a_real_outage_with_canaries_that_are_well_is_opened_and_drafted(house: House) -> None:
    """The control: without it a hub that opens nothing at all would pass."""
    pass_time(house, 20 * SECOND, UP, UP)
    pass_time(house, 2 * MINUTE, DOWN, UP)
    assert count(house, "incident") == 1
    assert len(house.drafts()) == 1


def test_an_outage_goes_on_over_a_blind_time_and_its_recovery_is_held(house: House) -> None:
    pass_time(house, 20 * SECOND, UP, UP)
    pass_time(house, MINUTE, DOWN, UP)
    assert house.incident().phase is not Phase.RESOLVED
    pass_time(house, 30 * SECOND, UP, UP)
    assert house.incident().recovered_at is not None
    pass_time(house, 16 * MINUTE, UP, DOWN, step=2 * MINUTE)
    assert house.incident().phase is not Phase.RESOLVED, "it ended while nobody could see"
    pass_time(house, 12 * MINUTE, UP, UP, step=2 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED


def test_a_minority_of_dead_canaries_blinds_nobody(house: House) -> None:
    dead, *well = house.world.canaries
    for _ in range(10):
        house.now += 5 * SECOND
        house.observe(dict.fromkeys(FEW, DOWN))
        house.observe({dead: DOWN, **dict.fromkeys(well, UP)})
    assert count(house, "incident") == 1


def test_without_canaries_outages_are_seen_as_before(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.breaks(CARD)
    assert count(house, "incident") == 1
    house.close()


def test_canaries_are_asked_more_often_than_any_persistence(house: House) -> None:
    patience = min(one.options.persistence for one in house.world.detectors[CARD])  # type: ignore[attr-defined]
    for check in house.world.canaries.values():
        assert check.every + check.timeout < patience


# Heartbeats

TOKEN = "a-token-of-22-letters-x"


def with_heartbeat(world: World, name: str = "payments.nightly", period: str = "PT10M") -> World:
    kinds = FoundKinds()
    one = replace(
        world.installation.checks[CARD],
        id=name,
        kind="heartbeat",
        options={"period": period, "grace": "PT1M", "token": TOKEN},
        detectors={"silence": {}},
        up={},
        healthy={},
        calm={},
    )
    detectors = {kind: kinds.module("detect", kind) for kind in kinds.names("detect")}
    house = replace(world.installation, checks={**world.installation.checks, name: one})
    fitted = {**world.detectors, name: fit(one, detectors)}
    return replace(world, installation=house, pings=heartbeat.by_hash(house), detectors=fitted)


NIGHTLY = "payments.nightly"


@pytest.fixture
def hearing(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, watched=())
    made.world = with_heartbeat(made.world)
    yield made
    made.close()


def ping(house: House) -> None:
    house.do(lambda c: heartbeat.ping(c, house.world, NIGHTLY, house.now))


def live(house: House, length: timedelta, step: timedelta = 15 * SECOND) -> None:
    """Thorough rounds, without anything else."""
    end = house.now + length
    while house.now < end:
        house.now += step
        house.round()


def shown(house: House) -> str:
    return next(one.shown for one in house.read(watching.all_latest) if one.check == NIGHTLY)


def test_a_heartbeat_that_stays_away_opens_an_incident_and_the_next_ping_clears_it(hearing: House) -> None:
    live(hearing, MINUTE)
    ping(hearing)
    live(hearing, 10 * MINUTE)
    assert shown(hearing) == "up"
    assert count(hearing, "incident") == 0
    live(hearing, 3 * MINUTE)
    assert shown(hearing) == "down"
    assert count(hearing, "incident") == 1
    ping(hearing)
    live(hearing, MINUTE)
    assert shown(hearing) == "up"
    assert hearing.incident().recovered_at is not None


def test_hub_downtime_makes_no_heartbeat_overdue_and_gives_a_full_period_of_grace(hearing: House) -> None:
    """F25: the hub was down for two hours."""
    live(hearing, MINUTE)
    ping(hearing)
    live(hearing, 2 * MINUTE)
    hearing.now += 2 * HOUR
    live(hearing, 10 * MINUTE)
    assert count(hearing, "incident") == 0
    live(hearing, 3 * MINUTE)
    assert count(hearing, "incident") == 1, "it stayed away for a whole period of our listening"


def test_a_ping_lost_in_a_restart_of_a_few_seconds_makes_no_heartbeat_overdue(hearing: House) -> None:
    """F25: too short to be seen as a gap, and long enough for the one ping of ten minutes."""
    live(hearing, MINUTE)
    ping(hearing)
    live(hearing, 10 * MINUTE)
    hearing.now += 10 * SECOND
    hearing.do(listening.begin)
    live(hearing, 10 * MINUTE)
    assert count(hearing, "incident") == 0
    live(hearing, 3 * MINUTE)
    assert count(hearing, "incident") == 1


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 24 * HOUR], ids=["+1h", "-1h", "+1d"])
def test_a_clock_that_jumps_makes_no_heartbeat_overdue(hearing: House, jump: timedelta) -> None:
    """F37."""
    live(hearing, MINUTE)
    ping(hearing)
    live(hearing, MINUTE)
    hearing.now += jump
    live(hearing, 5 * MINUTE)
    assert count(hearing, "incident") == 0


def test_a_heartbeat_of_a_blind_place_is_unknown(hearing: House) -> None:
    """Pings from outside do not reach a hub that is cut off either."""
    hearing.world = with_canaries(hearing.world)
    live(hearing, MINUTE)
    ping(hearing)
    for _ in range(60):
        hearing.now += 15 * SECOND
        hearing.observe(dict.fromkeys(hearing.world.canaries, DOWN))
    assert shown(hearing) == "unknown"
    assert count(hearing, "incident") == 0


def test_tokens_are_known_by_their_hashes(hearing: House) -> None:
    known = heartbeat.by_hash(hearing.world.installation)
    assert known == {heartbeat.hash_of(TOKEN): NIGHTLY}
    assert TOKEN not in repr(known)


# A clock that jumps (F37), through rounds on a real store


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 24 * HOUR], ids=["+1h", "-1h", "+1d"])
def test_a_clock_that_jumps_sends_nothing_again_and_opens_nothing(tmp_path: Path, jump: timedelta) -> None:
    """F37: everybody was told of the start; the clock jumps, and jumps back; nobody hears the same again."""
    house = House(tmp_path, watched=(CARD, PAY))
    house.breaks(CARD)
    house.tell()
    before = [(sent.row.person, sent.row.step) for sent in house.postman.sent if sent.row.lane is Lane.CUSTOMERS]
    house.now += jump
    house.run(2 * MINUTE, step=30 * SECOND)
    house.now -= jump
    house.run(2 * MINUTE, step=30 * SECOND)
    keys = [(sent.row.subject, sent.row.episode, sent.row.step, sent.row.person) for sent in house.postman.sent]
    customers = [key for key, sent in zip(keys, house.postman.sent, strict=True) if sent.row.lane is Lane.CUSTOMERS]
    assert len(customers) == len(set(customers))
    assert count(house, "incident") == 1
    assert (
        before
        == [(sent.row.person, sent.row.step) for sent in house.postman.sent if sent.row.lane is Lane.CUSTOMERS][: len(before)]
    )
    house.close()
