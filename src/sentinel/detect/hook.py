"""Hook: what becomes of an alert that another tool reports, by what stands of it already.

Pure. It judges no samples, so it is no kind of detector: a tool's word comes when the tool sends it, twice, late or never.
Belongs here: repeats, order, silence. Does not belong here: how a tool writes (exchange/hook/), what an alert is about
(exchange/hook/mapping.py), the rows (run/hooked.py).

* The same alert again is the same signal: it is only heard again, whichever beginning the tool names (of two Prometheus servers
  each has its own, and Alertmanager takes up the earlier one later).
* A late copy changes nothing: `resolved` of an end before what stands began, and `firing` of a beginning that is over, for
  `LATE` after we heard of the end. Later than that a tool means it: Alertmanager resolves what it heard nothing of for a while,
  and takes it up again under its old beginning.
* `since` is the tool's own instant, but never later than now nor more than a day before we heard of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sentinel.model.hook import Alert, Became, Known, State

BACK_MOST: Final = timedelta(days=1)
"""By how much a tool may date a disturbance back."""
LATE: Final = timedelta(minutes=2)
"""For how long after an end a copy of what was before it may still come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What an alert changes. `known` None: nothing is to be remembered. `good_since`: of the signal that clears."""

    became: Became
    known: Known | None
    good_since: datetime | None = None


def step(known: Known | None, alert: Alert, now: datetime) -> Step:
    """Take in one alert. An alert that is new, and about which nothing is to be raised, is the caller's to leave out."""
    if alert.state is State.FIRING:
        return _firing(known, alert, now)
    if known is None or not known.stands:
        return _stray(known, alert, now)
    if alert.state is State.SEEN:
        return Step(became=Became.REFRESHED, known=replace(known, heard_at=now))
    return _resolved(known, alert, now)


def is_silent(known: Known, expires: timedelta | None, up_since: datetime, now: datetime) -> bool:
    """Whether a tool that should have repeated an alert has not; while no hub was there to hear it, nobody was silent."""
    return expires is not None and known.stands and now - max(known.heard_at, up_since) > expires


def _firing(known: Known | None, alert: Alert, now: datetime) -> Step:
    began = alert.began_at
    if known is not None and known.stands:
        return Step(became=Became.REFRESHED, known=replace(known, heard_at=now, began_at=_later(began, known.began_at)))
    is_over = known is not None and began is not None and known.began_at is not None and began <= known.began_at
    if known is not None and is_over and now - known.heard_at <= LATE:
        return Step(became=Became.STALE, known=known)
    since = now if began is None else max(min(began, now), now - BACK_MOST)
    return Step(became=Became.RAISED, known=Known(heard_at=now, began_at=began, since=since))


def _stray(known: Known | None, alert: Alert, now: datetime) -> Step:
    """An end of what never stood here. Where the tool names its beginning, that is remembered: its `firing` may come yet."""
    over = _later(alert.began_at, alert.ended_at)
    if known is not None:
        return Step(became=Became.STALE, known=replace(known, began_at=_later(over, known.began_at)))
    remembers = alert.state is State.RESOLVED and over is not None
    return Step(became=Became.STRAY, known=Known(heard_at=now, began_at=over) if remembers else None)


def _resolved(known: Known, alert: Alert, now: datetime) -> Step:
    if known.since is None:
        raise AssertionError("only what stands is resolved")
    last = alert.ended_at or alert.began_at
    if last is not None and known.began_at is not None and last < known.began_at:
        return Step(became=Became.STALE, known=known)
    good_since = max(known.since, min(alert.ended_at or now, now))
    over = _later(_later(alert.began_at, alert.ended_at), known.began_at)
    return Step(became=Became.CLEARED, known=Known(heard_at=now, began_at=over), good_since=good_since)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)
