"""What reports to us by itself, through rounds on a real store: starts, ends, failures, logs, calendars and values."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from sentinel.detect.watch import fit
from sentinel.model.pushed import BODY_LIMIT, Ping, Taken, Value, Word, ping_of
from sentinel.run import heartbeat
from sentinel.run.kinds import FoundKinds
from sentinel.run.world import World
from sentinel.store import pushed, tables, watching
from sentinel.store.watching import Latest
from tests.run.world import CARD, HOUR, MINUTE, SECOND, House

TOKEN = "a-token-of-22-letters-x"
JOB = "payments.nightly"
ZONE = ZoneInfo("Europe/Madrid")
START, SUCCESS, FAIL = Ping(word=Word.START), Ping(), Ping(word=Word.FAIL)


def watching_for(world: World, kind: str, options: Mapping[str, Any], **blocks: Any) -> World:
    """The world with one check more, that reports to us."""
    kinds = FoundKinds()
    blocks = {"up": {}, "healthy": {}, "calm": {}, **blocks}
    every = {"silence": {}, "slow": {"persistence": "PT0S", "samples": 1}}
    told = {"token": TOKEN, **options}
    one = replace(world.installation.checks[CARD], id=JOB, kind=kind, options=told, detectors=every, **blocks)
    detectors = {name: kinds.module("detect", name) for name in kinds.names("detect")}
    house = replace(world.installation, checks={**world.installation.checks, JOB: one})
    return replace(world, installation=house, detectors={**world.detectors, JOB: fit(one, detectors)})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, watched=())
    yield made
    made.close()


def job(house: House, kind: str = "heartbeat", blocks: Mapping[str, Any] | None = None, **options: Any) -> None:
    usual = {"period": "PT10M"} if kind == "heartbeat" and not {"cron", "calendar", "period"} & options.keys() else {}
    house.world = watching_for(house.world, kind, {**usual, **options}, **(blocks or {}))
    live(house, MINUTE)


def ping(house: House, told: Ping = SUCCESS) -> None:
    house.do(lambda c: heartbeat.ping(c, house.world, JOB, house.now, told))


def push(house: House, value: Any, **facts: Any) -> Taken:
    return house.do(lambda c: heartbeat.push(c, house.world, JOB, Value(value=value, facts=facts), house.now))


def live(house: House, length: timedelta) -> None:
    end = house.now + length
    while house.now < end:
        house.now += 15 * SECOND
        house.round()


def last(house: House) -> Latest:
    return next(one for one in house.read(watching.all_latest) if one.check == JOB)


def count(house: House, table: str) -> int:
    return house.read(lambda c: c.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one())


# Runs


def test_a_run_is_timed_from_its_start_to_its_end(house: House) -> None:
    job(house)
    ping(house, START)
    live(house, 30 * SECOND)
    ping(house, Ping(exit_code=0))
    assert (last(house).shown, dict(last(house).facts)) == ("up", {"run_ms": 30_000.0, "exit_code": 0})
    live(house, MINUTE)
    assert last(house).facts["run_ms"] == 30_000.0, "what it said last stands"


def test_a_run_that_does_not_end_is_down(house: House) -> None:
    job(house, longest_run="PT5M")
    ping(house, START)
    live(house, 5 * MINUTE)
    assert last(house).shown == "up"
    live(house, 4 * MINUTE)
    assert last(house).shown == "down"
    assert last(house).reason.startswith("its run began 8 min ago and has not ended, 3 min too long")
    assert count(house, "incident") == 1
    ping(house)
    assert last(house).shown == "up"


def test_without_a_limit_of_its_own_a_run_has_the_grace(house: House) -> None:
    job(house)
    ping(house, START)
    live(house, 90 * SECOND)
    assert last(house).reason == "its run began 75 s ago and has not ended, 15 s too long"


def test_a_long_run_that_began_in_time_is_not_overdue(house: House) -> None:
    job(house, longest_run="PT1H")
    live(house, 9 * MINUTE)
    ping(house, START)
    live(house, 20 * MINUTE)
    assert (last(house).shown, count(house, "incident")) == ("up", 0)


def test_a_run_that_begins_when_it_is_overdue_already_mends_nothing(house: House) -> None:
    job(house, longest_run="PT1H")
    live(house, 12 * MINUTE)
    assert last(house).shown == "down"
    ping(house, START)
    live(house, MINUTE)
    assert last(house).shown == "down"
    ping(house)
    assert last(house).shown == "up"


def test_two_runs_at_a_time_are_told_apart_by_their_names(house: House) -> None:
    job(house, longest_run="PT1H")
    ping(house, Ping(word=Word.START, run="one"))
    live(house, MINUTE)
    ping(house, Ping(run="another"))
    assert "run_ms" not in last(house).facts
    live(house, MINUTE)
    ping(house, Ping(run="one"))
    assert last(house).facts["run_ms"] == 120_000.0


def test_the_downtime_of_the_hub_ends_no_run(house: House) -> None:
    """F25: its end was told while nobody listened."""
    job(house, longest_run="PT5M")
    ping(house, START)
    house.now += 2 * HOUR
    live(house, 4 * MINUTE)
    assert (last(house).shown, count(house, "incident")) == ("up", 0)


# What a job says


def test_a_job_that_says_that_it_failed_is_down_until_it_says_otherwise(house: House) -> None:
    job(house)
    ping(house, START)
    ping(house, Ping(word=Word.FAIL, exit_code=3, body=f"cannot reach the ledger, token {TOKEN}"))
    assert last(house).reason == "the job says that it failed with exit code 3"
    assert last(house).facts["evidence"] == "cannot reach the ledger, token •••"
    live(house, 3 * MINUTE)
    assert (last(house).shown, count(house, "incident")) == ("down", 1)
    ping(house)
    live(house, MINUTE)
    assert last(house).shown == "up"
    assert "evidence" not in last(house).facts


def test_a_log_changes_nothing_and_explains_what_follows(house: House) -> None:
    job(house)
    ping(house)
    before = last(house)
    ping(house, Ping(word=Word.LOG, body="step 3 of 9"))
    assert last(house) == before
    live(house, 12 * MINUTE)
    assert last(house).shown == "down"
    assert last(house).facts["evidence"] == "step 3 of 9"


def test_the_end_of_a_long_output_is_what_is_shown(house: House) -> None:
    job(house)
    ping(house, Ping(word=Word.FAIL, body="x" * 9000 + "the error"))
    evidence = str(last(house).facts["evidence"])
    assert (len(evidence), evidence[0], evidence[-9:]) == (4000, "…", "the error")


def test_conditions_judge_what_a_job_says(house: House) -> None:
    blocks = {"up": {"body": {"contains": "rows imported"}}, "healthy": {"fact": {"run_ms": {"below": 20_000}}}}
    job(house, blocks=blocks, longest_run="PT1H")
    ping(house, START)
    ping(house, Ping(body="nothing to do"))
    assert (last(house).shown, last(house).reason[:35]) == ("down", "the body lacks “rows imported”; got")
    ping(house, Ping(body=f"curl /ping/{TOKEN}/1"))
    assert TOKEN not in last(house).reason
    ping(house, START)
    live(house, 30 * SECOND)
    ping(house, Ping(body="812 rows imported"))
    assert last(house).reason == "run_ms is 30000, expected that it is below 20000"
    live(house, MINUTE)
    assert last(house).shown == "slow"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", Ping()),
        ("start", START),
        ("fail", FAIL),
        ("log", Ping(word=Word.LOG)),
        ("0", Ping(exit_code=0)),
        ("255", Ping(word=Word.FAIL, exit_code=255)),
        ("256", None),
        ("success", None),
        ("-1", None),
        ("٣", None),
        ("Fail", None),
    ],
)
def test_the_end_of_an_address_says_what_is_meant(address: str, told: Ping | None) -> None:
    assert ping_of(address, b"", "") == told


def test_what_comes_with_a_ping_is_bounded() -> None:
    told = ping_of("", b"\xff\0x" * BODY_LIMIT, "r" * 1000)
    assert told is not None
    assert (len(told.body.encode()) <= 3 * BODY_LIMIT, "\0" in told.body, len(told.run)) == (True, False, 64)


# By the calendar


@pytest.mark.parametrize("when", [{"cron": "0 3 * * *"}, {"calendar": "03:00"}])
def test_a_job_of_the_night_is_overdue_after_its_hour_in_its_zone(house: House, when: dict[str, Any]) -> None:
    tomorrow = house.now.astimezone(ZONE) + timedelta(days=1)
    house.now = tomorrow.replace(hour=2, minute=55, second=0, microsecond=0).astimezone(UTC)
    job(house, time_zone=ZONE.key, grace="PT3M", **when)
    live(house, 6 * MINUTE)
    assert last(house).shown == "up"
    live(house, 2 * MINUTE)
    assert last(house).shown == "down"
    assert last(house).reason.startswith("no ping for 8 min")
    ping(house)
    live(house, 3 * MINUTE)
    assert last(house).shown == "up", "until the next night"


# Values


def test_a_value_is_judged_by_the_check_s_conditions(house: House) -> None:
    blocks = {"up": {"fact": {"value": {"below": 100}}}, "healthy": {"fact": {"value": {"below": 50}}}}
    job(house, kind="value", blocks=blocks)
    assert push(house, 12) == Taken()
    assert (last(house).shown, last(house).facts["value"]) == ("up", 12)
    push(house, 120.5)
    live(house, MINUTE)
    assert (last(house).shown, last(house).reason) == ("down", "value is 120.5, expected that it is below 100")
    assert count(house, "incident") == 1
    push(house, 60)
    assert last(house).reason == "value is 60, expected that it is below 50"
    push(house, 3)
    live(house, 3 * MINUTE)
    assert last(house).shown == "up"


def test_a_value_without_a_period_is_never_overdue_and_one_with_a_period_is(house: House) -> None:
    job(house, kind="value")
    live(house, 5 * MINUTE)
    assert last(house).shown == "up"
    job(house, kind="value", period="PT1M")
    push(house, 1)
    live(house, 2 * MINUTE)
    assert last(house).shown == "up"
    live(house, MINUTE)
    assert last(house).shown == "down"
    assert last(house).reason.startswith("no value for ")


def test_a_value_of_another_sort_is_not_taken(house: House) -> None:
    job(house, kind="value", facts={"oldest_s": "number", "open": "yes or no", "state": "text"})
    assert push(house, 1, oldest_s=3.5, open=True, state="ok") == Taken()
    assert push(house, "many").faults == ("value: a number is wanted here",)
    assert push(house, True).faults == ("value: a number is wanted here",)
    assert push(house, float("nan")).faults == ("value: a number is wanted here",)
    assert push(house, 1, newest_s=1).faults == ("facts: this check has no fact `newest_s`",)
    assert push(house, 1, open=1, state=2).faults == (
        "open: true or false is wanted here",
        "state: a text of at most 4000 characters is wanted here",
    )
    said = house.read(lambda c: pushed.said_by(c, JOB))
    assert said is not None
    assert said.facts == {"value": 1, "oldest_s": 3.5, "open": True, "state": "ok"}


def test_a_value_is_known_by_its_own_token_alone(house: House) -> None:
    job(house, kind="value")
    assert heartbeat.is_value(house.world, JOB, TOKEN)
    assert not heartbeat.is_value(house.world, JOB, "")
    assert not heartbeat.is_value(house.world, JOB, TOKEN + "x")
    assert not heartbeat.is_value(house.world, CARD, TOKEN)
    assert not heartbeat.is_value(house.world, "payments.nothing", "")
    assert heartbeat.by_hash(house.world.installation) == {}, "it is no heartbeat"
