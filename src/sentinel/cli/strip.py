"""Strips: what was replayed as rows over one time axis, for the terminal and for the SVG; the drawing in block characters.

Belongs here: rows, columns, blocks. Does not belong here: the SVG (stripsvg.py), lists and sums (replay.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from sentinel.cli.hub import plain
from sentinel.cli.waterfall import COLOURS
from sentinel.model.observation import Verdict
from sentinel.run.replay.records import WORST, Disturbance, Replayed, Track

LABEL: Final = 22
BLOCKS: Final = {Verdict.UP: "▁", Verdict.DEGRADED: "▄", Verdict.DOWN: "█", Verdict.UNKNOWN: "░"}
PLAIN: Final = {Verdict.UP: ".", Verdict.DEGRADED: "-", Verdict.DOWN: "#", Verdict.UNKNOWN: "?"}
SIDES: Final = ("cyan", "magenta")
INCIDENT: Final = "incidents"


@dataclass(frozen=True, slots=True)
class Bar:
    """From and to as shares of the whole time."""

    left: float
    right: float
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of bars. `side`: whose signals they are, from 0; None: incidents."""

    label: str
    side: int | None
    bars: tuple[Bar, ...]


def strips(track: Track, of: Replayed, zone: ZoneInfo) -> Iterator[Strip]:
    """The rows of one track: each side's signals by detector, then the incidents."""
    several = len(of.sides) > 1
    for at, side in enumerate(of.sides):
        names = dict.fromkeys(one.detector for one in track.signals[at])
        for name in names:
            bars = tuple(
                _bar(of, one.since, one.cleared_at, f"{name} {_times(one.raised_at, one.cleared_at, zone)} {one.evidence}")
                for one in track.signals[at]
                if one.detector == name
            )
            yield Strip(f"{side.name} {name}" if several else name, at, bars)
        if several and not names:
            yield Strip(f"{side.name} nothing", at, ())
    mine = [one for one in of.disturbances if one.about & {track.name, track.service}]
    if mine:
        yield Strip(INCIDENT, None, tuple(_of_incident(of, one, zone) for one in mine))


def _of_incident(of: Replayed, one: Disturbance, zone: ZoneInfo) -> Bar:
    dismissed = ", dismissed" if one.dismissed else ""
    return _bar(of, one.began_at, one.ended_at, f"{one.name} {_times(one.began_at, one.ended_at, zone)}{dismissed}")


def _bar(of: Replayed, since: datetime, until: datetime | None, words: str) -> Bar:
    whole = (of.until - of.since).total_seconds() or 1.0
    left = max(0.0, min(1.0, (since - of.since).total_seconds() / whole))
    right = 1.0 if until is None else max(left, min(1.0, (until - of.since).total_seconds() / whole))
    return Bar(left, right, words)


def _times(since: datetime, until: datetime | None, zone: ZoneInfo) -> str:
    return f"{clock(since, zone)} to {clock(until, zone) if until is not None else 'the end'}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def squeezed(columns: Sequence[Verdict | None], room: int) -> list[Verdict | None]:
    """As many columns as there is room for, each the worst of those that it stands for."""
    found: list[Verdict | None] = []
    for at in range(room):
        part = columns[at * len(columns) // room : max(at * len(columns) // room + 1, (at + 1) * len(columns) // room)]
        there = {one for one in part if one is not None}
        found.append(next((one for one in WORST if one in there), None))
    return found


def draw(of: Replayed, console: Console, zone: ZoneInfo) -> None:
    """Each track with its rows. Colour only repeats what the blocks and labels say."""
    room = max(8, console.width - LABEL - 1)
    is_utf = "utf" in console.encoding.lower()
    blocks, full = (BLOCKS, "█") if is_utf else (PLAIN, "#")
    for track in of.tracks:
        console.print(Text.assemble((plain(track.name), "bold"), f"  {track.samples} samples"))
        seen = _line("seen", "")
        for verdict in squeezed(track.columns, room):
            seen.append(" " if verdict is None else blocks[verdict], style="" if verdict is None else COLOURS[verdict])
        console.print(seen, no_wrap=True, crop=True)
        for strip in strips(track, of, zone):
            console.print(_row(strip, room, full, " "), no_wrap=True, crop=True)
    if of.tracks:
        left, right = clock(of.since, zone), clock(of.until, zone)
        console.print(Text(" " * LABEL + left + " " * max(1, room - len(left) - len(right)) + right, style="dim"), no_wrap=True)


def _row(strip: Strip, room: int, full: str, empty: str) -> Text:
    cells = [empty] * room
    for bar in strip.bars:
        first = min(room - 1, int(bar.left * room))
        for at in range(first, max(first + 1, min(room, round(bar.right * room)))):
            cells[at] = full
    style = "bold" if strip.side is None else SIDES[strip.side]
    return _line(strip.label, "").append("".join(cells), style=style)


def _line(label: str, style: str) -> Text:
    return Text(f"  {label}"[: LABEL - 1].ljust(LABEL), style=style)
