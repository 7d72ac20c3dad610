"""The latency picture as shapes for an SVG: lines of the median, the 95th and the 99th percentile, marks of bad samples, gaps.

Pure. Belongs here: geometry. Does not belong here: colours (services.css), counting (store/history.py). The drawing stretches
with the page, so labels stand outside it, at equal distances.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sentinel.serve.services.port import Latency, Span

WIDTH, HEIGHT, MARKS = 960, 200, 16
"""The drawing, and the strip of marks below it."""
LABELS = 5
DAY = timedelta(days=1)
_NICE = (1, 2, 5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One bucket with samples that were not up: `kind` is bad, slow or unknown, the worst of them."""

    x: float
    width: float
    kind: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """`median`, `p95` and `p99`: runs of points, one a stretch without gap. Labels are left to right, top to bottom."""

    median: tuple[str, ...]
    p95: tuple[str, ...]
    p99: tuple[str, ...]
    marks: tuple[Mark, ...]
    times: tuple[str, ...]
    heights: tuple[str, ...]
    says: str


def picture(latency: Latency, zone: str) -> Picture:
    """The picture of one check. `says`: the same for those who cannot see it."""
    ceiling = _ceiling(max((span.p99 for span in latency.spans if span.p99 is not None), default=0.0))
    marks = tuple(mark for each in latency.spans if (mark := _mark(latency, each, zone)) is not None)
    return Picture(
        median=_runs(latency, ceiling, lambda span: span.median),
        p95=_runs(latency, ceiling, lambda span: span.p95),
        p99=_runs(latency, ceiling, lambda span: span.p99),
        marks=marks,
        times=tuple(
            _time(latency.since + (latency.until - latency.since) * n / (LABELS - 1), latency, zone) for n in range(LABELS)
        ),
        heights=tuple(f"{ceiling * n / 2:g} ms" for n in (2, 1, 0)),
        says=_says(latency),
    )


def _runs(latency: Latency, ceiling: float, of: Callable[[Span], float | None]) -> tuple[str, ...]:
    """Points of each stretch. One that stands alone becomes a short line, so that it is seen."""
    runs: list[list[tuple[float, float]]] = []
    before: datetime | None = None
    for span in latency.spans:
        value = of(span)
        if value is None:
            before = None
            continue
        if before is None or span.at - before > latency.width:
            runs.append([])
        before = span.at
        runs[-1].append((_x(latency, span) + _step(latency) / 2, HEIGHT * (1 - min(value, ceiling) / ceiling)))
    half = _step(latency) / 2
    whole = [[(x - half, y), *run, (last_x + half, last_y)] for run in runs for x, y in run[:1] for last_x, last_y in run[-1:]]
    return tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in run) for run in whole)


def _mark(latency: Latency, span: Span, zone: str) -> Mark | None:
    kind = "bad" if span.bad else "slow" if span.degraded else "unknown" if span.unknown else ""
    if not kind:
        return None
    return Mark(x=round(_x(latency, span), 1), width=round(_step(latency), 1), kind=kind, says=row_words(span, latency, zone))


def row_words(span: Span, latency: Latency, zone: str) -> str:
    """What was bad in a bucket: "14:15: 3 down, 1 slow of 30"."""
    parts = [(span.bad, "down"), (span.degraded, "slow"), (span.unknown, "not seen")]
    return f"{_time(span.at, latency, zone)}: {', '.join(f'{n} {word}' for n, word in parts if n)} of {span.samples}"


def _says(latency: Latency) -> str:
    total = sum(span.samples for span in latency.spans)
    if not total:
        return f"No samples in the last {_long(latency.hours)}."
    medians = sorted(span.median for span in latency.spans if span.median is not None)
    usual = f" Half of the answers usually took less than {medians[len(medians) // 2]:.0f} ms." if medians else ""
    bad = sum(span.bad for span in latency.spans)
    slow = sum(span.degraded for span in latency.spans)
    return f"{total:,} samples in {_long(latency.hours)}: {bad:,} down, {slow:,} slow.{usual}"


def _long(hours: int) -> str:
    """A span in words: `1 hour`, `24 hours`, `7 days`."""
    number, unit = (hours, "hour") if hours <= 24 else (hours // 24, "day")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _x(latency: Latency, span: Span) -> float:
    return WIDTH * ((span.at - latency.since) / (latency.until - latency.since))


def _step(latency: Latency) -> float:
    return WIDTH * (latency.width / (latency.until - latency.since))


def _ceiling(most: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ... that holds the largest value."""
    power = 1.0
    while True:
        for nice in _NICE:
            if most <= nice * power:
                return nice * power
        power *= 10


def _time(at: datetime, latency: Latency, zone: str) -> str:
    if latency.width >= DAY:  # a day of UTC, whatever the zone
        return f"{at.astimezone(UTC).day} {at.astimezone(UTC):%b}"
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day}, {local:%H:%M}" if latency.hours > 24 else f"{local:%H:%M}"


def shares(phases: Sequence[tuple[str, float]]) -> tuple[tuple[str, float, float, float], ...]:
    """The waterfall of one sample: (phase, milliseconds, where it begins, how wide), of a drawing `WIDTH` wide."""
    total = sum(ms for _, ms in phases) or 1.0
    found, begun = [], 0.0
    for name, ms in phases:
        found.append((name, ms, round(WIDTH * begun / total, 1), max(2.0, round(WIDTH * ms / total, 1))))
        begun += ms
    return tuple(found)
