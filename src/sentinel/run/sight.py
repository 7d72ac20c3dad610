"""Sight: whether our own place can see, asked of the store, and what its canaries look like to a prober.

Belongs here: canaries as checks, their samples in and out of the store. Does not belong here: the judgement (detect/place.py),
telling anybody of it (trouble.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from sentinel.detect import place
from sentinel.detect.place import Canary, Sight
from sentinel.detect.watch import Fitted
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis
from sentinel.run.world import PLACE, World
from sentinel.store import observations, watching
from sentinel.store.watching import Latest

ANY_ANSWER: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
"""A canary need not be well: that it answers shows that we can see."""
USUAL: Final = timedelta(seconds=15)
MISSED: Final = 3
"""Intervals of a check after which a place that has not looked is no place that looks."""
SHORTEST, LONGEST, LONGEST_WAIT = timedelta(milliseconds=250), timedelta(seconds=10), timedelta(seconds=4)


def canary_checks(installation: Installation, fitted: Mapping[str, Sequence[Fitted]]) -> dict[str, Check]:
    """The canaries as checks. They are asked so often, and waited for so briefly, that most of them have failed or answered
    before any detector's persistence is over: half of it lies between two samples, and a quarter is the time limit."""
    patience = min((_patience(one) for several in fitted.values() for one in several), default=USUAL)
    every = min(max(patience / 2, SHORTEST), LONGEST)
    timeout = min(max(patience / 4, SHORTEST), LONGEST_WAIT)
    checks = (_check(address, every, timeout) for address in dict.fromkeys(installation.canaries))
    return {check.id: check for check in checks}


def _patience(one: Fitted) -> timedelta:
    length: timedelta = getattr(one.options, "persistence", USUAL)
    return length or USUAL


def _check(address: str, every: timedelta, timeout: timedelta) -> Check:
    parts = urlsplit(address)
    is_web = parts.scheme != "tcp"
    options = {"url": address, "follow_redirects": 0} if is_web else {"host": parts.hostname, "port": parts.port}
    return Check(
        id=f"canary/{parts.netloc}"[:150],
        service="canary",
        kind="http" if is_web else "tcp",
        options=options,
        every=every,
        timeout=timeout,
        confirm=(every / 4, every / 2),
        up={"status": ANY_ANSWER} if is_web else {},
    )


def look(c: Connection, world: World, seen: Iterable[Observation]) -> Sight:
    """Take in the samples of canaries that are among `seen`, and say what all of them say now."""
    mine = [one for one in seen if one.check in world.canaries]
    if not mine:
        return of(c, world)
    was_blind = of(c, world).is_blind
    for one in mine:
        _take(c, one)
    now = of(c, world)
    if now.is_blind is not was_blind:
        _forget_runs(c, world)
    return now


def of(c: Connection, world: World) -> Sight:
    """What the canaries of the hub's own place say, as far as the store knows."""
    return place.sight(canaries(c, world))


def canaries(c: Connection, world: World) -> tuple[Canary, ...]:
    """Each canary as it is remembered."""
    return tuple(_canary(c, name, world.installation.place) for name in world.canaries)


def _canary(c: Connection, name: str, where: str) -> Canary:
    held = watching.hysteresis_of(c, name, where).get(PLACE, Hysteresis())
    last = watching.latest_of(c, name, where)
    return Canary(name=name, held=held, seen_at=last.at if last else None, reason=last.reason if last else "")


def _take(c: Connection, seen: Observation) -> None:
    observations.store(c, [seen])
    before = watching.latest_of(c, seen.check, seen.place)
    if before is not None and before.at >= seen.at:
        return
    held = watching.hysteresis_of(c, seen.check, seen.place).get(PLACE, Hysteresis())
    watching.keep_hysteresis(c, seen.check, seen.place, {PLACE: place.step(held, seen)})
    is_as_before = before is not None and before.shown == seen.verdict
    watching.keep_latest(c, seen, seen.verdict.value, before.shown_since if before and is_as_before else seen.at, seen.reason)


def looking(latest: Iterable[Latest], checks: Mapping[str, Check], now: datetime) -> dict[str, set[str]]:
    """Check → the places that look at it and can see it. One that has missed several looks (it is cut off, or there is no such
    place any more) has no voice: what it said last would be a majority for ever."""
    found: dict[str, set[str]] = {}
    for one in latest:
        check = checks.get(one.check)
        if check is not None and one.verdict is not Verdict.UNKNOWN and now - one.at <= MISSED * check.every + check.timeout:
            found.setdefault(one.check, set()).add(one.place)
    return found


def _forget_runs(c: Connection, world: World) -> None:
    """At either edge of a blind time: what was seen before and what is seen after are not one run."""
    for check, detector, held in watching.memories(c, world.installation.place):
        if check not in world.canaries and (after := place.forgotten(held)) is not held:
            watching.keep_hysteresis(c, check, world.installation.place, {detector: after})


def unseen(c: Connection, world: World) -> frozenset[str]:
    """The checks that hold every recovery because nobody can see them: all of a place that is blind."""
    return frozenset(world.installation.checks) if world.canaries and of(c, world).is_blind else frozenset()
