"""Memory: what is remembered of many checks at one place: recalled or read in one look before samples are taken in, written in
one after.

A statement a sample would cost ten times what the sample does. Belongs here: the reading and the writing. Does not belong here:
what is made of a sample (run/intake.py, detect/), what is recalled (recalled.py), single looks (watching.py).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Connection, Dialect, Select, Table, bindparam, select, type_coerce

from sentinel.detect.watch import NOTHING_HELD
from sentinel.model.observation import Observation
from sentinel.model.signal import Hysteresis, Signal
from sentinel.store import codec, installations, learned, recalled, tables, watching
from sentinel.store.bulk import Rows, among, keys
from sentinel.store.column import microseconds
from sentinel.store.upsert import upsert_in

_h, _l = tables.hysteresis, tables.latest
_SINCE: Final = type_coerce(_l.c.shown_since, BigInteger)


class Glance(NamedTuple):
    """What the board showed of a check, and since when in microseconds. (A tuple: one is made for every sample.)"""

    shown: str
    since: int


class Memory:
    """Of `checks` at `place`. What is changed is in memory until `write`."""

    def __init__(self, c: Connection, checks: Collection[str], place: str) -> None:
        self._c = c
        self._place = place
        self._recalled = recalled.recall(c, place)
        self._glances: dict[str, Glance] = {}
        self._signals: dict[str, Signal] = {}
        self._held: dict[str, dict[str, Hysteresis]] = {}
        self._touched: dict[str, set[str]] = {}
        self._latest: dict[str, dict[str, Any]] = {}
        held, seen = _looks(c.dialect)
        if new := [check for check in checks if check not in self._recalled.held]:
            asked = {"keys": keys(c.dialect, new), "where": place}
            found: dict[str, list[tuple[str, str]]] = {check: [] for check in new}
            for check, detector, state in c.execute(held, asked).all():  # all at once: a call for each costs more
                found[check].append((detector, state))
            self._recalled.held.update({check: learned.joined(rows) for check, rows in found.items()})
        for check, shown, since in c.execute(seen, {"keys": keys(c.dialect, checks), "where": place}).all():
            self._glances[check] = Glance(shown, since)

    def held(self, check: str) -> dict[str, Hysteresis]:
        """Detector → what it remembers of the check."""
        return self._held.get(check) or self._recalled.held[check]

    def get(self, signal: str, otherwise: Signal, /) -> Signal:
        """A signal as it stands now; `otherwise` where there is none of that id."""
        return self._signals.get(signal) or watching.signal_of(self._c, signal) or otherwise

    def keep(self, check: str, changed: Mapping[str, Hysteresis], signals: Iterable[Signal]) -> None:
        """What the detectors of a check remember now, and the signals that rose or cleared."""
        if changed:
            self._held[check] = {**self.held(check), **changed}
            self._touched.setdefault(check, set()).update(changed)
        self._signals.update({one.id: one for one in signals})

    def show(self, seen: Observation, shown: str, since: datetime, reason: str) -> None:
        """The last observation of a check, and what the board shows of it: since it has shown the same."""
        began = microseconds(since)
        before = self._glances.get(seen.check)
        if before is not None and before.shown == shown and before.since < began:
            began = before.since
        self._glances[seen.check] = Glance(shown, began)
        self._latest[seen.check] = {
            "check": seen.check,
            "place": seen.place,
            "at": microseconds(seen.at),
            "verdict": seen.verdict.value,
            "reason": reason,
            "facts": codec.facts_to_text(seen.facts),
            "shown": shown,
            "shown_since": began,
        }

    def write(self, now: datetime) -> None:
        """Put on disk what has changed, but for what may wait."""
        # In one order, as all who write several rows: two that wait for each other are a deadlock.
        checks = sorted(self._latest)
        held = [row for check in checks for row in self._rows(check, now)]
        if self._held:
            _replacing(self._c.dialect, _h).put(self._c, [self._recalled.renew(), *held])
            self._recalled.held.update(self._held)
        _replacing(self._c.dialect, _l).put(self._c, [self._latest[check] for check in checks])
        watching.keep_signals(self._c, self._signals.values())

    def _rows(self, check: str, now: datetime) -> list[dict[str, Any]]:
        """What is to be written of a check now."""
        known, after = self._recalled, self.held(check)
        before = known.held[check]
        for detector in self._touched.get(check, ()):
            known.changed(check, detector, before.get(detector, NOTHING_HELD), after[detector], now)
        return [
            row
            for detector in known.due(check, now)
            for row in learned.rows(check, self._place, detector, after[detector], before.get(detector, NOTHING_HELD).learned)
        ]


def flush(c: Connection) -> None:
    """Write all that waits, as a process does that ends; where others have written meanwhile, nothing of it holds."""
    installations.guard(c)  # another hub's round is not to be written over
    for place in recalled.waiting(c.engine):
        known = recalled.recall(c, place)
        if not any(known.waiting.values()):
            continue
        waiting = [(check, name, known.held[check][name]) for check, names in sorted(known.waiting.items()) for name in names]
        rows = [row for check, name, state in waiting for row in learned.rows(check, place, name, state, state.learned)]
        known.waiting.clear()
        _replacing(c.dialect, _h).put(c, [known.renew(), *rows])


@lru_cache(maxsize=64)
def _looks(dialect: Dialect) -> tuple[Select[str, str, str], Select[str, str, int]]:
    """What is remembered of checks at a place, and what the board shows of them."""
    held = select(_h.c.check, _h.c.detector, _h.c.state).where(_h.c.place == bindparam("where"), among(dialect, _h.c.check))
    seen = select(_l.c.check, _l.c.shown, _SINCE).where(_l.c.place == bindparam("where"), among(dialect, _l.c.check))
    return held, seen


@lru_cache(maxsize=64)
def _replacing(dialect: Dialect, table: Table) -> Rows:
    """A row of the same key is replaced."""
    made = upsert_in(dialect, table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: made.excluded[column.name] for column in table.columns if column.name not in keys}
    return Rows(dialect, made.on_conflict_do_update(index_elements=keys, set_=others))
