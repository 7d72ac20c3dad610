"""Spans of a check: how long it took and how often it was up, in buckets for pictures and programs, and over whole windows.

Belongs here: which stretch is asked for, and its figures. Does not belong here: where they are counted (store/history.py).
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.model.sketch import merged
from sentinel.serve.services.port import History, Latency, Span
from sentinel.store import history
from sentinel.store.rollups import Tally

WIDTHS: Final = {
    1: timedelta(minutes=1),
    6: timedelta(minutes=5),
    24: timedelta(minutes=15),
    168: timedelta(hours=2),
    2160: timedelta(days=1),
}
"""Hours shown → the width of a bucket: 60 to 96 of them, whatever the span."""
WINDOWS: Final = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "90d": timedelta(days=90)}
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def latency(c: Connection, numbers: Collection[int], hours: int, now: datetime) -> Latency:
    """Buckets lie on whole multiples of their width, so that a picture does not shiver from one look to the next."""
    width = WIDTHS[hours]
    until = _before(now, width) + width
    since = until - timedelta(hours=hours)
    return Latency(hours=hours, since=since, until=until, width=width, spans=_spans(c, numbers, since, until, width))


def lately(c: Connection, numbers: Collection[int], now: datetime) -> Mapping[str, Span]:
    """The figures of each window: the last hour in whole minutes, the others in whole hours, with the one that runs."""
    found: dict[str, Span] = {}
    for name, window in WINDOWS.items():
        unit = _MINUTE if window == _HOUR else _HOUR
        since, until = _before(now - window, unit), _before(now, unit) + unit
        made = history.buckets(c, numbers, since, until, until - since)
        found[name] = _span(since, made.get(0, Tally()))
    return found


def past(c: Connection, check: str, since: datetime, until: datetime, step: timedelta) -> History:
    """What is kept of a check from one instant to another, in steps: both ends are moved outwards to whole ones."""
    numbers = [number for number, (each, _) in history.numbers(c).items() if each == check]
    first, last = _before(since, step), _before(until + step - timedelta(microseconds=1), step)
    made = history.buckets(c, numbers, first, last, step)
    spans = tuple(_span(first + number * step, made[number]) for number in sorted(made))
    counts = [sum(each) for each in zip(*(one.counts for one in made.values()), strict=True)]
    whole = Tally(counts=counts, times=merged(one.times for one in made.values())) if made else Tally()
    return History(check=check, since=first, until=last, step=step, whole=_span(first, whole), spans=spans)


def _before(at: datetime, unit: timedelta) -> datetime:
    """The last instant that lies a whole number of units after the epoch."""
    return at - (at - _EPOCH) % unit


def _spans(c: Connection, numbers: Collection[int], since: datetime, until: datetime, width: timedelta) -> tuple[Span, ...]:
    made = history.buckets(c, numbers, since, until, width)
    return tuple(_span(since + number * width, made[number]) for number in sorted(made))


def _span(at: datetime, tally: Tally) -> Span:
    up, degraded, down, unknown = tally.counts
    seen = up + degraded + down
    return Span(
        at=at,
        samples=seen + unknown,
        share=(up + degraded) / seen if seen else None,
        median=_ms(tally, 0.5),
        p95=_ms(tally, 0.95),
        p99=_ms(tally, 0.99),
        bad=down,
        degraded=degraded,
        unknown=unknown,
    )


def _ms(tally: Tally, share: float) -> float | None:
    found = tally.times.quantile(share)
    return None if found is None else round(found / 1000, 3)
