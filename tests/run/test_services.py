"""What services, checks and places show, over a real store."""

import math
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sentinel.model.check import Check
from sentinel.model.command import Acknowledge
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.run import keeping, pages, places, plainly, watched
from sentinel.run.reads import Reads
from sentinel.run.uptime import Uptimes
from sentinel.serve.services.port import HOURS, CheckPage, Shown
from sentinel.store import history, observations, watching

from .world import CARD, HOUR, LEDGER, MINUTE, PAY, SECOND, House

PLACE = "head-office"
TWO_OF_THREE = f"partial, seen from bilbao, {PLACE} (2 of 3 places): down"


def seen(at: datetime, verdict: Verdict = Verdict.UP, ms: float | None = 100.0, **more: Any) -> Observation:
    facts: dict[str, Fact] = {} if ms is None else {"total_ms": ms}
    given = {"check": CARD, "place": PLACE, "sample": SampleKind.SCHEDULED, "facts": facts, **more}
    return Observation(at=at, verdict=verdict, **given)


class Standing:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def keep(house: House, *rows: Observation) -> None:
    house.do(lambda c: observations.store(c, rows))


def keep_shown(house: House, place: str, shown: str) -> None:
    reason = "" if shown == "up" else shown
    house.do(lambda c: watching.keep_latest(c, seen(house.now, place=place), shown, house.now, reason))


def page(house: House, hours: int = 24) -> CheckPage:
    found = house.read(lambda c: watched.check(c, house.world, Uptimes(), CARD, hours, house.now))
    assert found is not None
    return found


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("seed", range(3))
def test_the_database_counts_as_a_person_with_all_rows_would(house: House, hours: int, seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        seen(
            house.now - timedelta(seconds=chance.uniform(0, 1.1 * hours * 3600)),
            chance.choice([Verdict.UP, Verdict.UP, Verdict.UP, *Verdict]),
            chance.lognormvariate(4, 1.5),
            sample=chance.choice([SampleKind.SCHEDULED, SampleKind.SCHEDULED, SampleKind.CONFIRM]),
            place=chance.choice([PLACE, "branch"]),
        )
        for _ in range(2000)
    ]
    keep(house, *rows)
    picture = page(house, hours).latency
    expected: dict[int, list[Observation]] = {}
    for one in rows:
        if one.sample is SampleKind.SCHEDULED and picture.since <= one.at < picture.until:
            expected.setdefault((one.at - picture.since) // picture.width, []).append(one)
    assert [(span.at - picture.since) // picture.width for span in picture.spans] == sorted(expected)
    for span in picture.spans:
        mine = expected[(span.at - picture.since) // picture.width]
        verdicts = Counter(one.verdict for one in mine)
        told = (span.samples, span.bad, span.degraded, span.unknown)
        assert told == (len(mine), verdicts[Verdict.DOWN], verdicts[Verdict.DEGRADED], verdicts[Verdict.UNKNOWN])
        times = sorted(float(one.facts["total_ms"] or 0) for one in mine if one.verdict in (Verdict.UP, Verdict.DEGRADED))
        for share, said in ((0.5, span.median), (0.95, span.p95), (0.99, span.p99)):
            assert (said is None) == (not times)
            if said is not None:
                assert said == pytest.approx(times[math.floor((len(times) - 1) * share)], rel=0.01, abs=0.001)


def test_a_picture_covers_the_span_that_was_asked_for_and_this_moment(house: House) -> None:
    for hours in HOURS:
        picture = page(house, hours).latency
        assert picture.until - picture.since == timedelta(hours=hours)
        assert picture.until - picture.width <= house.now < picture.until


def test_what_has_no_samples_is_a_gap(house: House) -> None:
    keep(house, seen(house.now - 50 * MINUTE), seen(house.now - 10 * MINUTE))
    assert len(page(house, 1).latency.spans) == 2


def test_uptime_counts_scheduled_samples_and_leaves_out_what_could_not_see(house: House) -> None:
    keep(
        house,
        *(seen(house.now - n * MINUTE) for n in range(1, 8)),
        seen(house.now - 10 * MINUTE, Verdict.DEGRADED),
        *(seen(house.now - n * MINUTE, Verdict.DOWN) for n in (20, 21)),
        *(seen(house.now - n * MINUTE, Verdict.UNKNOWN) for n in range(30, 50)),
        *(seen(house.now - n * SECOND, Verdict.DOWN, sample=SampleKind.CONFIRM) for n in range(1, 30)),
    )
    day, week, month = page(house).uptime
    assert (day.up, day.degraded, day.down, day.unknown, day.share) == (7, 1, 2, 20, 0.8)
    assert week.share == month.share == day.share


def test_windows_begin_and_end_where_they_say(house: House) -> None:
    keep(house, *(seen(house.now - age, Verdict.DOWN) for age in (HOUR, 23 * HOUR, 26 * HOUR, 6 * 24 * HOUR, 29 * 24 * HOUR)))
    assert [window.down for window in page(house).uptime] == [2, 4, 5]


def test_uptime_and_figures_go_back_further_than_raw_samples_are_kept(house: House) -> None:
    old = [seen(house.now - 20 * 24 * HOUR + n * MINUTE, Verdict.DOWN if n else Verdict.UP, 40.0) for n in range(4)]
    keep(house, *old, seen(house.now - MINUTE))
    before = page(house, 2160)
    keeping.keep_house(Reads(house.world, house.store, Standing(house.now)))
    after = page(house, 2160)
    assert house.read(lambda c: history.last_bad(c, [1, 2], house.now - 30 * 24 * HOUR, house.now)) is None, "they are gone"
    assert after.uptime[2] == before.uptime[2]
    assert (after.lately, after.latency) == (before.lately, before.latency)
    assert (after.lately["7d"].bad, after.lately["90d"].bad, after.lately["90d"].share) == (0, 3, 0.4)


def test_a_day_that_is_over_is_counted_once(house: House) -> None:
    uptimes = Uptimes()
    house.now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    keep(house, seen(house.now), seen(house.now - timedelta(days=2)))
    numbers = list(house.read(history.numbers))

    def down() -> int:
        return house.read(lambda c: uptimes.of(c, numbers, house.now))[1].down

    assert down() == 0
    keep(house, seen(house.now - timedelta(days=2, minutes=1), Verdict.DOWN), seen(house.now - MINUTE, Verdict.DOWN))
    house.now += MINUTE
    assert down() == 1, "today is counted anew, and the day before yesterday is not"


def test_a_day_without_a_table_is_no_mistake(house: House) -> None:
    assert house.read(lambda c: history.hours(c, date(2020, 1, 1))) == []
    assert page(house).uptime[0].share is None


def test_the_last_bad_sample_is_told_with_its_excerpt(house: House) -> None:
    bad: dict[str, Any] = {"reason": "status 503, expected 200", "facts": {"status": 503, "evidence": "<h1>Sorry</h1>"}}
    keep(
        house,
        seen(house.now - 30 * HOUR, Verdict.DOWN, **bad),
        seen(house.now - 40 * HOUR, Verdict.DOWN, reason="older"),
        *(seen(house.now - n * HOUR) for n in range(29)),
        seen(house.now - 2 * MINUTE, Verdict.UNKNOWN, reason="our own trouble"),
    )
    last = page(house).last_bad
    assert last is not None
    assert (last.at, last.place, last.reason) == (house.now - 30 * HOUR, PLACE, "status 503, expected 200")
    assert last.evidence == "<h1>Sorry</h1>"


def test_a_service_tells_what_it_stands_on_and_what_it_can_tell(house: House) -> None:
    house.breaks(CARD, PAY)
    house.done(Acknowledge(incident=1))
    found = house.read(lambda c: watched.service(c, house.world, Uptimes(), "payments", house.now))
    ledger = house.read(lambda c: watched.service(c, house.world, Uptimes(), "ledger", house.now))
    assert found is not None
    assert ledger is not None
    assert (found.depends_on, found.service.incident, found.service.shown) == (("ledger",), 1, Shown.DOWN)
    assert set(ledger.depended_on_by) >= {"payments", "documents"}
    assert {one.id: one.checks for one in found.statements}["payments.cannot_pay"] == (CARD, PAY)
    assert [one.evidence for one in found.assurances if not one.is_current] == ["POL-188"]
    assert [(one.incident, one.phase) for one in found.incidents] == [(1, "investigating")]
    assert ledger.statements == ()


@pytest.mark.parametrize(
    ("shown", "expected", "reason"),
    [
        ({"bilbao": "down", PLACE: "down", "madrid": "up"}, "down", TWO_OF_THREE),
        ({"bilbao": "down", PLACE: "down", "madrid": "unknown"}, "down", TWO_OF_THREE),
        ({"bilbao": "up", PLACE: "up", "madrid": "unknown"}, "up", ""),
        ({"bilbao": "unknown", PLACE: "unknown", "madrid": "unknown"}, "unknown", "unknown"),
    ],
)  # fmt: skip
def test_the_board_and_the_services_show_a_check_over_all_of_its_places(
    house: House, shown: dict[str, str], expected: str, reason: str
) -> None:
    for place, each in shown.items():
        keep_shown(house, place, each)
    board = house.read(lambda c: pages.board(c, house.world, 1, house.now)).services
    lines = house.read(lambda c: watched.services(c, house.world, Uptimes(), house.now)).services
    for found in (board, lines):
        (one,) = (check for service in found for check in service.checks if check.id == CARD)
        assert (one.shown, one.reason) == (expected, reason)


def test_what_is_not_there_is_none(house: House) -> None:
    assert house.read(lambda c: watched.service(c, house.world, Uptimes(), "nothing", house.now)) is None
    assert house.read(lambda c: watched.check(c, house.world, Uptimes(), "nothing.here", 24, house.now)) is None


def test_an_owner_of_long_ago_is_overdue(house: House) -> None:
    kept = house.world.installation
    old = replace(kept.services["ledger"], owner=replace(kept.services["ledger"].owner, reviewed=date(2025, 5, 21)))
    house.world = replace(house.world, installation=replace(kept, services={**kept.services, "ledger": old}))
    lines = house.read(lambda c: watched.services(c, house.world, Uptimes(), house.now)).services
    assert {line.name for line in lines if line.overdue} == {"ledger"}


def test_a_place_tells_how_far_behind_it_is(house: House) -> None:
    house.run(2 * MINUTE)
    (fresh,) = house.read(lambda c: places.places(c, house.world, house.now)).places
    assert (fresh.checks, fresh.overdue, fresh.lag, fresh.seen_at) == (2, 0, timedelta(0), house.now)
    house.now += 10 * MINUTE
    (late,) = house.read(lambda c: places.places(c, house.world, house.now)).places
    assert (late.overdue, late.lag) == (2, 9 * MINUTE)


def check(**given: Any) -> Check:
    return Check(**{"id": "a.b", "service": "a", "kind": "http", "options": {}, **given})


def test_no_secret_of_a_check_is_shown() -> None:
    planted = "hunter2Secret"
    options = {
        "url": f"https://user:{planted}@pay.example.com/hook/{planted}0123456789abcdef/x?key={planted}&page={planted}#{planted}",
        "method": "POST",
        "headers": {"Authorization": f"Bearer {planted}", "X-Page": planted},
        "body": f'{{"password": "{planted} and more"}}',
        "password": planted,
        "dsn": f"postgresql://user:{planted}@db.example.com/x?password={planted}",
        "verify": True,
        "follow_redirects": 3,
        "list": [planted + " x", 3],
    }
    looked = check(options=options, up={"header": {"name": "X-Token", "is": planted}})
    told = repr((plainly.options(looked), plainly.does(looked), plainly.conditions(looked)))
    assert planted not in told
    assert "https://pay.example.com/hook/•••/x?key=•••&page=•••" in told
    assert "Authorization: •••, X-Page: •••" in told
    assert "with POST every 30 s, and waits at most 10 s." in told


def test_every_condition_is_told_in_words() -> None:
    up = {
        "status": [200, "3xx"],
        "body": {"contains": "Pay", "lacks": "Error"},
        "header": {"name": "Server", "is": "x"},
        "json": {"path": "queue.size", "op": "<", "value": 5},
        "certificate_days": 14.0,
        "below_ms": 800.0,
        "fact": {"value": {"below": 100.0, "is_not": None}, "role": "master", "ip": {"lacks": ["::", "10."]}},
        "when": ["status == 200"],
        "rows": 3,
    }
    told = [words for _, words in plainly.conditions(check(up=up, calm={"certificate_days": 30.0}))]
    assert told == [
        "the status is 200 or 3xx",
        "the body contains “Pay”",
        "the body does not contain “Error”",
        "the header Server is “x”",
        "the JSON value queue.size < 5",
        "the certificate is valid for at least 14 days more",
        "the whole takes less than 800 ms",
        "value is below 100",
        'role is "master"',
        'ip lacks "::", "10."',
        "status == 200",
        "rows: 3",
        "the certificate is valid for at least 30 days more",
    ]


def test_conditions_that_are_written_several_times_are_told_one_by_one() -> None:
    up = {
        "status": 200,
        "json": [{"path": "a", "op": "==", "value": True}, {"path": "b", "op": "!=", "value": None}],
        "header": [{"name": "Server", "contains": "x"}, {"name": "X-Token", "is": "hunter2"}],
        "body": {"contains": ["Pay", "Card"]},
    }
    assert [words for _, words in plainly.conditions(check(up=up))] == [
        "the status is 200",
        "the JSON value a == true",
        "the JSON value b != null",
        "the header Server contains “x”",
        "the header X-Token is “•••”",
        "the body contains “Pay”",
        "the body contains “Card”",
    ]


def test_what_is_pushed_is_not_said_to_be_asked() -> None:
    said = plainly.does(check(kind="value", options={"token": "t" * 22}))
    assert said == "Waits for values that somebody sends; whether it is overdue is looked at every 30 s."


def test_what_goes_without_saying_is_said() -> None:
    assert plainly.conditions(check()) == (("or it is down", "the status is below 400"),)


def test_the_ledger_is_a_check_like_any_other(house: House) -> None:
    found = house.read(lambda c: watched.check(c, house.world, Uptimes(), LEDGER, 1, house.now))
    assert found is not None
    assert found.means == {}
