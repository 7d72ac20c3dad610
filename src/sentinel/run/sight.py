"""Sight: whether our own place can see, asked of the store, and what its canaries look like to a prober.

Each source of batches (one start of one hub's prober) has its own: of two hubs at one place, one may hang on a line that is
dead, and what its canaries say must not blind the other. Belongs here: canaries as checks, their samples in and out of the
store. Does not belong here: the judgement (detect/place.py), telling anybody of it (trouble.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
SILENT: Final = timedelta(seconds=30)
"""A source whose canaries were last looked at so much earlier than another's looks no more."""
FORGOTTEN: Final = timedelta(minutes=10)
_KEY_MOST: Final = 64
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
        id=f"{watching.CANARY}{parts.netloc}"[:150],
        service="canary",
        kind="http" if is_web else "tcp",
        options=options,
        every=every,
        timeout=timeout,
        confirm=(every / 4, every / 2),
        up={"status": ANY_ANSWER} if is_web else {},
    )


def look(c: Connection, world: World, seen: Iterable[Observation], source: str) -> Sight:
    """Take in the samples of canaries that are among what `source` has `seen`, and say what all of its canaries say now."""
    mine = [one for one in seen if one.check in world.canaries]
    sees = _sights(c, world)
    before = sees.get(_key(source))
    if not mine:
        return before.sight if before is not None else _unseen(world)
    for one in mine:
        _take(c, one, _key(source))
    if before is None:
        _forget_gone(c, world, mine[-1].at - FORGOTTEN)
    now = _sights(c, world)[_key(source)].sight
    if now.is_blind is not (before is not None and before.sight.is_blind):
        _forget_runs(c, world)
    return now


def of(c: Connection, world: World) -> Sight:
    """What the hub's own place can see: as much as the one of its sources that sees best, as far as the store knows."""
    return min(_at_work(c, world), key=lambda one: len(one.sight.failing), default=_Source((), _unseen(world))).sight


def canaries(c: Connection, world: World) -> tuple[Canary, ...]:
    """Each canary as the source remembers it that sees worst: that one's line is what staff must hear of."""
    worst = max(_at_work(c, world), key=lambda one: len(one.sight.failing), default=None)
    return worst.canaries if worst is not None else tuple(Canary(name=name) for name in world.canaries)


@dataclass(frozen=True, slots=True)
class _Source:
    canaries: tuple[Canary, ...]
    sight: Sight

    @property
    def seen_at(self) -> datetime:
        return max(one.seen_at for one in self.canaries if one.seen_at is not None)


def _at_work(c: Connection, world: World) -> tuple[_Source, ...]:
    """Those that still look, a steady order."""
    sees = _sights(c, world)
    newest = max((one.seen_at for one in sees.values()), default=None)
    return tuple(one for _, one in sorted(sees.items()) if newest is not None and newest - one.seen_at <= SILENT)


def _sights(c: Connection, world: World) -> dict[str, _Source]:
    """Source → what its canaries say, of all that have looked at one of them."""
    if not world.canaries:
        return {}
    held = watching.remembered(c, world.canaries, PLACE)
    seen: dict[str, dict[str, Latest]] = {}
    for last in watching.looks(c, world.canaries):
        seen.setdefault(last.place, {})[last.check] = last
    return {
        source: _source(tuple(_canary(name, held.get((name, source)), last.get(name)) for name in world.canaries))
        for source, last in seen.items()
    }


def _source(canaries: tuple[Canary, ...]) -> _Source:
    return _Source(canaries, place.sight(canaries))


def _unseen(world: World) -> Sight:
    return place.sight(tuple(Canary(name=name) for name in world.canaries))


def _canary(name: str, held: Hysteresis | None, last: Latest | None) -> Canary:
    seen_at, reason = (last.at, last.reason) if last is not None else (None, "")
    return Canary(name=name, held=held or Hysteresis(), seen_at=seen_at, reason=reason)


def _key(source: str) -> str:
    """Under what name, instead of a place's, the memory of its canaries lies: its end tells one source from all others."""
    return source[-_KEY_MOST:]


def _take(c: Connection, seen: Observation, source: str) -> None:
    observations.store(c, [seen])
    before = watching.latest_of(c, seen.check, source)
    if before is not None and before.at >= seen.at:
        return
    held = watching.hysteresis_of(c, seen.check, source).get(PLACE, Hysteresis())
    watching.keep_hysteresis(c, seen.check, source, {PLACE: place.step(held, seen)})
    is_as_before = before is not None and before.shown == seen.verdict
    since = before.shown_since if before and is_as_before else seen.at
    watching.keep_latest(c, replace(seen, place=source), seen.verdict.value, since, seen.reason)


def _forget_gone(c: Connection, world: World, before: datetime) -> None:
    """Sources that ended long ago: each start of a prober is another."""
    gone = [source for source, one in _sights(c, world).items() if one.seen_at < before]
    if gone:
        watching.forget_looks(c, world.canaries, gone)


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
