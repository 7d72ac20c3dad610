"""Replay: what was seen, told once more to the detectors of one installation, or of two. It reads, and changes nothing.

Belongs here: the order of the work, from a store or a file of series. Does not belong here: what is made of it (account.py,
promises.py), how it is shown (cli/).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from sentinel.detect.watch import Detector, fit
from sentinel.exchange import history as imported
from sentinel.exchange.series import MOST_SERIES, NoSeries, Point, points
from sentinel.model.check import Check
from sentinel.model.estimate import PastIncident
from sentinel.model.incident import Phase
from sentinel.model.installation import Installation
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.run import timeline
from sentinel.run.kinds import FoundKinds
from sentinel.run.replay.account import account, paired
from sentinel.run.replay.promises import promised
from sentinel.run.replay.records import Disturbance, Replayed, Track
from sentinel.run.replay.sheet import Eye, Sheet
from sentinel.store import history, incidents, reading, replayed

MOST_INCIDENTS: Final = 1_000
Progress = Callable[[str], None]
"""Told of each check that is about to be gone through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """`sides`: installations by the names that they are shown under, the first one's store is read. `checks`: those, or all."""

    sides: Mapping[str, Installation]
    since: datetime
    until: datetime
    checks: tuple[str, ...] = ()


def of_store(asked: Asked, progress: Progress) -> Replayed:
    """The observations of the first side's store. Raises reading.NoStore and StoreTrouble.

    Detectors learn from all that is kept before the span too; shown is what they would have raised within it.
    """
    house = next(iter(asked.sides.values()))
    store, url = Path(house.store), "" if house.database is None else house.database.reveal()
    with reading.snapshot(store, url) as c:
        kept, numbers = replayed.days(c), history.numbers(c)
        known = _disturbances(c)
    tracks: list[Track] = []
    for check in _checks(asked):
        mine = [(number, place) for number, (name, place) in numbers.items() if name == check]
        if not mine:
            continue
        progress(check)
        sheet = Sheet(check, check.partition(".")[0], _eyes(asked, check), asked.since, asked.until)
        # A snapshot for each check: one that stood open for long would keep the hub's log from being cut.
        with reading.snapshot(store, url) as c:
            for number, place in sorted(mine, key=lambda one: one[1]):
                sheet.begin()
                for seen in replayed.observed(c, number, check, place, asked.until, kept):
                    sheet.take(seen)
        tracks.append(sheet.track())
    notes = (f"observations are kept from {kept[0][:4]}-{kept[0][4:6]}-{kept[0][6:]} on",) if kept else ("nothing is kept",)
    return _told(asked, tracks, _within(known, asked), notes, known)


def of_series(asked: Asked, file: Path, check: str, fact: str, progress: Progress) -> Replayed:
    """The series of a file, each by the check of its name, or all by `check`. `fact`: what values are. Raises NoSeries."""
    since, until = _span(file)
    sheets: dict[str, Sheet] = {}
    labels = _Labels()
    for point in points(file):
        if point.series not in sheets:
            progress(point.series)
            if len(sheets) >= MOST_SERIES:
                raise NoSeries(f"{file} holds more than {MOST_SERIES} series: split it")
            by = check or point.series
            eyes = _eyes(asked, by)
            if not any(eyes):
                raise NoSeries(f"there is no check `{by}`: name the one whose detectors are meant with --check")
            sheet = sheets[point.series] = Sheet(point.series, by.partition(".")[0], eyes, since, until, fact)
            sheet.begin()
        sheets[point.series].take(_observation(point, check or point.series, fact))
        labels.take(point)
    tracks = [sheet.track() for sheet in sheets.values()]
    span = Asked(sides=asked.sides, since=since, until=until, checks=asked.checks)
    marked = labels.disturbances()
    return _told(span, tracks, marked, (), marked)


def _told(
    asked: Asked,
    tracks: Sequence[Track],
    disturbances: Sequence[Disturbance],
    notes: tuple[str, ...],
    known: Sequence[Disturbance],
) -> Replayed:
    """`known`: all that teaches estimates, also from before the span."""
    sides = tuple(account(name, at, tracks, disturbances) for at, name in enumerate(asked.sides))
    more = sum(track.left_out for track in tracks)
    return Replayed(
        since=asked.since,
        until=asked.until,
        tracks=tuple(tracks),
        disturbances=tuple(disturbances),
        sides=sides,
        pairs=paired(tracks) if len(sides) > 1 else (),
        promised=tuple(
            promised(_past(house, known), house.estimate, asked.since, asked.until) for house in asked.sides.values()
        ),
        notes=(*notes, f"{more} signals are left out: more than are kept of one check") if more else notes,
    )


# Checks


def _checks(asked: Asked) -> list[str]:
    names = dict.fromkeys(name for house in asked.sides.values() for name in house.checks)
    return [name for name in names if not asked.checks or name in asked.checks]


def _eyes(asked: Asked, check: str) -> list[Eye | None]:
    return [_eye(house.checks.get(check)) for house in asked.sides.values()]


def _eye(check: Check | None) -> Eye | None:
    if check is None:
        return None
    kinds = FoundKinds()
    detectors: dict[str, Detector] = {name: kinds.module("detect", name) for name in check.detectors}
    return Eye(check=check, fitted=fit(check, detectors))


# What there was


def _disturbances(c: Connection) -> tuple[Disturbance, ...]:
    """The incidents of the store."""
    found = timeline.readable_ones(c, incidents.all_ids(c, MOST_INCIDENTS))
    return tuple(
        Disturbance(
            name=one.reference,
            about=frozenset(one.services),
            began_at=one.began_at,
            ended_at=one.recovered_at or one.resolved_at or one.dismissed_at,
            detected_at=one.detected_at,
            dismissed=one.phase is Phase.DISMISSED,
            root=one.root,
        )
        for one in found
    )


def _within(made: Sequence[Disturbance], asked: Asked) -> tuple[Disturbance, ...]:
    """Those that touch the span and what is asked about, oldest first."""
    wanted = {name.partition(".")[0] for name in asked.checks}
    within = [one for one in made if one.began_at < asked.until and (one.ended_at is None or one.ended_at >= asked.since)]
    return tuple(sorted((one for one in within if not wanted or one.about & wanted), key=lambda one: one.began_at))


def _past(house: Installation, disturbances: Iterable[Disturbance]) -> list[PastIncident]:
    """The imported past, and what the store knows of since then."""
    rows = list(imported.read(house.history).incidents) if house.history is not None else []
    rows += [
        PastIncident(service=one.root, began_at=one.began_at, lasted=one.ended_at - one.began_at)
        for one in disturbances
        if one.root and one.ended_at is not None and one.ended_at > one.began_at and not one.dismissed
    ]
    return sorted(rows, key=lambda row: row.began_at)


# Series


def _span(file: Path) -> tuple[datetime, datetime]:
    first = last = None
    for point in points(file):
        first = point.at if first is None else min(first, point.at)
        last = point.at if last is None else max(last, point.at)
    if first is None or last is None:
        raise NoSeries(f"{file} holds no sample")
    return first, last + timedelta(seconds=1)


def _observation(point: Point, check: str, fact: str) -> Observation:
    facts: dict[str, Fact] = {} if point.value is None else {fact: point.value}
    verdict = point.verdict or (Verdict.UNKNOWN if point.value is None else Verdict.UP)
    return Observation(
        check=check, place=point.series, at=point.at, sample=SampleKind.SCHEDULED, verdict=verdict, facts=facts,
        reason="" if verdict is Verdict.UP else "as the file says",
    )  # fmt: skip


class _Labels:
    """Stretches of samples that are labelled as disturbed."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}
        self._made: list[Disturbance] = []

    def take(self, point: Point) -> None:
        if point.troubled:
            self._since.setdefault(point.series, point.at)
        elif (since := self._since.pop(point.series, None)) is not None:
            self._add(point.series, since, point.at)

    def _add(self, series: str, since: datetime, until: datetime | None) -> None:
        name = f"{series} {since.astimezone(UTC):%Y-%m-%d %H:%M}"
        if len(self._made) < MOST_INCIDENTS * 10:
            self._made.append(Disturbance(name=name, about=frozenset({series}), began_at=since, ended_at=until))

    def disturbances(self) -> tuple[Disturbance, ...]:
        for series, since in self._since.items():
            self._add(series, since, None)
        self._since.clear()
        return tuple(sorted(self._made, key=lambda one: one.began_at))
