"""Sight: whether a place can see, asked of the store, and what its canaries look like to a prober.

Each source of batches (one start of one hub's prober) has its own: of two hubs at one place, one may hang on a line that is
dead, and what its canaries say must not blind the other. Belongs here: canaries as checks, their samples in and out of the
store. Does not belong here: the judgement (detect/place.py), telling anybody of it (trouble.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from sentinel.run.world import PLACE, World, canary_id
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
    theirs = (address for far in installation.places.values() for address in far.canaries or ())
    checks = (_check(address, every, timeout) for address in dict.fromkeys((*installation.canaries, *theirs)))
    return {check.id: check for check in checks}


def _patience(one: Fitted) -> timedelta:
    length: timedelta = getattr(one.options, "persistence", USUAL)
    return length or USUAL


def _check(address: str, every: timedelta, timeout: timedelta) -> Check:
    parts = urlsplit(address)
    is_web = parts.scheme != "tcp"
    options = {"url": address, "follow_redirects": 0} if is_web else {"host": parts.hostname, "port": parts.port}
    return Check(
        id=canary_id(address),
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
    where = place_of(world, source)
    mine = [one for one in seen if one.check in world.canaries]
    sees = _sights(c, world)
    before = sees.get(_key(source))
    if not mine:  # of a child that probes no canaries: it sees what its place does
        return before.sight if before is not None else of(c, world, where)
    for one in mine:
        _take(c, one, _key(source))
    if before is None:
        _forget_gone(c, world, mine[-1].at - FORGOTTEN)
    now = _sights(c, world)[_key(source)].sight
    if now.is_blind is not (before is not None and before.sight.is_blind):
        forget_runs(c, world, where)
    return now


def place_of(world: World, source: str) -> str:
    """The place that a source of batches is at; one of no place of agents is the hub's own."""
    where = source.rpartition("/")[0]
    return where if where in world.installation.places else world.installation.place


def of(c: Connection, world: World, where: str | None = None) -> Sight:
    """What a place (the hub's own, if none is named) can see: as much as the one of its sources that sees best, as far as the
    store knows."""
    where = where or world.installation.place
    return _best(_sights(c, world), world, where)


def _best(sees: Mapping[str, "_Source"], world: World, where: str) -> Sight:
    return min(_at_work(sees, world, where), key=_bad, default=_Source((), _unseen(world, where))).sight


def canaries(c: Connection, world: World, where: str | None = None) -> tuple[Canary, ...]:
    """Each canary of a place as the source remembers it that sees worst: that one's line is what staff must hear of."""
    where = where or world.installation.place
    worst = max(_at_work(_sights(c, world), world, where), key=_bad, default=None)
    return worst.canaries if worst is not None else tuple(Canary(name=name) for name in world.canaries_at(where))


@dataclass(frozen=True, slots=True)
class _Source:
    canaries: tuple[Canary, ...]
    sight: Sight

    @property
    def seen_at(self) -> datetime:
        return max(one.seen_at for one in self.canaries if one.seen_at is not None)


def _bad(source: _Source) -> int:
    return len(source.sight.failing)


def _at_work(seen: Mapping[str, _Source], world: World, where: str) -> tuple[_Source, ...]:
    """Those of a place that still look, in a steady order."""
    sees = {source: one for source, one in seen.items() if place_of(world, source) == where}
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
        source: _source(tuple(_canary(name, held.get((name, source)), last.get(name)) for name in names))
        for source, last in seen.items()
        # One of a canary that its place has no more says nothing of it.
        if (names := list(world.canaries_at(place_of(world, source)))) and not last.keys().isdisjoint(names)
    }


def _source(canaries: tuple[Canary, ...]) -> _Source:
    return _Source(canaries, place.sight(canaries))


def _unseen(world: World, where: str) -> Sight:
    return place.sight(tuple(Canary(name=name) for name in world.canaries_at(where)))


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


def looking(
    latest: Iterable[Latest], checks: Mapping[str, Check], now: datetime, deaf: Collection[str] = ()
) -> dict[str, set[str]]:
    """Check → the places that look at it and can see it, none of the `deaf` ones. One that has missed several looks (it is cut
    off, or there is no such place any more) has no voice: what it said last would be a majority for ever."""
    found: dict[str, set[str]] = {}
    for one in latest:
        check = checks.get(one.check)
        if check is None or one.place in deaf or one.verdict is Verdict.UNKNOWN:
            continue
        if now - one.at <= MISSED * check.every + check.timeout:
            found.setdefault(one.check, set()).add(one.place)
    return found


def forget_runs(c: Connection, world: World, where: str) -> None:
    """At either edge of a time in which a place was blind or cut off: what was seen before and after are not one run."""
    for check, detector, held in watching.memories(c, where):
        if check not in world.canaries and (after := place.forgotten(held)) is not held:
            watching.keep_hysteresis(c, check, where, {detector: after})


def blind(c: Connection, world: World) -> frozenset[str]:
    """The places that cannot see."""
    sees = _sights(c, world)
    return frozenset(where for where in world.places if world.canaries_at(where) and _best(sees, world, where).is_blind)
