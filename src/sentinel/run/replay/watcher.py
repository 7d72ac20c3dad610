"""Watcher: the detectors of one check at one place, fed with what was seen, as a hub feeds them; and what places agree on.

Pure. Belongs here: observations to signals, signals of places to what enough of them claim. Does not belong here: where
observations come from, incidents.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sentinel.detect.watch import NOTHING, Fitted, watch
from sentinel.model.check import Check
from sentinel.model.observation import Observation
from sentinel.model.signal import Hysteresis, Signal

MOST: Final = 5_000
"""Signals that are kept of one check; more are counted."""


class Watcher:
    """Takes observations in order and keeps the signals that they raise. `since`: what is over before it only teaches."""

    def __init__(self, check: Check, fitted: tuple[Fitted, ...], since: datetime) -> None:
        self._check = check
        self._fitted = fitted
        self._since = since
        self._held: dict[str, Hysteresis] = {}
        self._standing: dict[str, Signal] = {}
        self._over: list[Signal] = []
        self.left_out = 0

    def take(self, seen: Observation) -> None:
        """One observation, not older than the last one."""
        watched = watch(self._check, self._held, seen, seen.at, self._fitted, self._standing)
        if watched is NOTHING:
            return
        self._held.update(watched.held)
        for signal in watched.signals:
            if signal.stands:
                self._standing[signal.id] = signal
                continue
            self._standing.pop(signal.id, None)
            self._keep(signal)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """In the order in which they were raised; those that stand still have no end."""
        return tuple(sorted((*self._over, *self._standing.values()), key=lambda one: (one.raised_at, one.id)))

    def _keep(self, signal: Signal) -> None:
        if signal.cleared_at is not None and signal.cleared_at < self._since:
            return
        if len(self._over) >= MOST:
            self.left_out += 1
        else:
            self._over.append(signal)


def agreed(of_places: Sequence[tuple[Signal, ...]]) -> tuple[Signal, ...]:
    """What more than half of the places claim of one check, detector by detector; of one place, what it claims.

    A hub asks besides which places could see at that moment; what is stored does not say so.
    """
    if len(of_places) < 2:
        return tuple(one for each in of_places for one in each)
    detectors = dict.fromkeys(one.detector for each in of_places for one in each)
    wanted = len(of_places) // 2 + 1
    found = [one for name in detectors for one in _together(name, of_places, wanted)]
    return tuple(sorted(found, key=lambda one: (one.raised_at, one.id)))


def _together(detector: str, of_places: Sequence[tuple[Signal, ...]], wanted: int) -> Iterable[Signal]:
    mine = [one for each in of_places for one in each if one.detector == detector]
    turns = sorted(
        [(one.raised_at, 1, one.id) for one in mine]
        + [(one.cleared_at, -1, one.id) for one in mine if one.cleared_at is not None]
    )
    known = {one.id: one for one in mine}
    standing: dict[str, Signal] = {}
    raised: Signal | None = None
    for at, turn, name in turns:
        if turn > 0:
            standing[name] = known[name]
        else:
            standing.pop(name, None)
        places = {one.place for one in standing.values()}
        if raised is None and len(places) >= wanted:
            began = min(one.since for one in standing.values())
            raised = replace(
                known[name], place=f"{len(places)} of {len(of_places)} places", since=began, raised_at=at, cleared_at=None
            )
        elif raised is not None and len(places) < wanted:
            yield replace(raised, cleared_at=at)
            raised = None
    if raised is not None:
        yield raised


SAME_WITHIN: Final = timedelta(minutes=10)
"""Two signals of one check and detector are about the same if they overlap, or if this lies between them at most."""


def same(one: Signal, other: Signal) -> bool:
    """Whether both claim the same of the same time."""
    if (one.check, one.detector) != (other.check, other.detector):
        return False
    first, then = (one, other) if one.since <= other.since else (other, one)
    return first.cleared_at is None or then.since <= first.cleared_at + SAME_WITHIN
