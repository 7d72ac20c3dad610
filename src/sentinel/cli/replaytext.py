"""What a replay comes to, in sentences and lists, and as data."""

from collections.abc import Iterable
from datetime import timedelta
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sentinel.cli.hub import plain
from sentinel.cli.strip import clock
from sentinel.model.signal import Signal
from sentinel.run.replay.records import Pair, Promised, Replayed, Seen, Side

MOST: Final = 40
"""Lines of a list; the JSON has all of them."""


def show(of: Replayed, console: Console, zone: ZoneInfo) -> None:
    """Sums first, then what they are made of."""
    console.print()
    for side in of.sides:
        console.print(Text(_summed(side, several=len(of.sides) > 1)))
    if of.disturbances:
        console.print(_incidents(of, zone))
    for side in of.sides:
        _list(console, f"In vain{f' ({side.name})' if len(of.sides) > 1 else ''}: no incident explains them",
              [_signal(one, zone) for one in side.in_vain])  # fmt: skip
    if of.pairs:
        _list(console, "Only A raises", [_signal(one.a, zone) for one in of.pairs if one.a is not None and one.b is None])
        _list(console, "Only B raises", [_signal(one.b, zone) for one in of.pairs if one.b is not None and one.a is None])
        _list(console, "Both raise, at another time", [_moved(one, zone) for one in of.pairs if one.later])
    _promised(of, console)
    for note in of.notes:
        console.print(Text(plain(note), style="dim"))


def _summed(side: Side, *, several: bool) -> str:
    """ "A: 12 signals. Of 4 incidents it sees 3, half of them within 20 s; 9 signals are in vain." """
    seen = [one for one in side.seen if one.first is not None]
    words = f"{side.name}: " if several else ""
    words += f"{_many(side.signals, 'signal')}. Of {_many(len(side.seen), 'incident')} {len(seen)} would have been seen"
    if seen:
        half = median(_seconds(one.after) for one in seen)
        when = f"within {length(half)} of" if half > -1 else f"{length(-half)} or more before"
        words += f", half of them {when} the beginning"
    earlier = [_seconds(one.earlier) for one in seen if one.earlier is not None]
    if earlier:
        half = median(earlier)
        word = "earlier" if half > 0 else "later"
        words += f" ({length(abs(half))} {word} than then)" if abs(half) >= 1 else " (as soon as then)"
    warned = f" {_many(side.warned, 'early warning')} that no incident followed." if side.warned else ""
    return f"{words}. In vain: {len(side.in_vain)}.{warned}"


def _seconds(given: timedelta | None) -> float:
    return 0.0 if given is None else given.total_seconds()


def length(seconds: float) -> str:
    """ "20 s", "3 min", "2.5 h"; with its sign."""
    size = abs(seconds)
    if size < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if size < 6_000 else f"{seconds / 3600:.1f} h"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _incidents(of: Replayed, zone: ZoneInfo) -> Table:
    table = Table(title="Incidents that there were", title_justify="left")
    for column in (
        "incident",
        "began",
        "lasted",
        *(f"seen by {side.name}" if len(of.sides) > 1 else "seen" for side in of.sides),
    ):
        table.add_column(column, overflow="fold")
    for at, one in enumerate(of.sides[0].seen[:MOST]):
        ended = one.of.ended_at
        lasted = "goes on" if ended is None else length((ended - one.of.began_at).total_seconds())
        seen = [_seen(side.seen[at]) for side in of.sides]
        table.add_row(*map(Text, (plain(one.of.name), clock(one.of.began_at, zone), lasted, *seen)))
    return table


def _seen(one: Seen) -> str:
    if one.first is None:
        return "not at all"
    after = _seconds(one.after)
    words = f"{one.first.detector}, {length(abs(after))} {'after' if after >= 0 else 'before'} it began"
    earlier = one.earlier
    if earlier is not None and abs(earlier) >= timedelta(seconds=1):
        words += f", {length(abs(_seconds(earlier)))} {'earlier' if earlier > timedelta(0) else 'later'} than then"
    return words


def _list(console: Console, title: str, lines: list[str]) -> None:
    if not lines:
        return
    console.print(Text(f"\n{title}: {len(lines)}", style="bold"))
    for line in lines[:MOST]:
        console.print(Text(f"  {plain(line)}"))
    if len(lines) > MOST:
        console.print(Text(f"  and {len(lines) - MOST} more"))


def _signal(one: Signal, zone: ZoneInfo) -> str:
    until = "stands" if one.cleared_at is None else f"for {length((one.cleared_at - one.since).total_seconds())}"
    return f"{clock(one.raised_at, zone)} {one.check} {one.detector}, {until}: {one.evidence}"


def _moved(pair: Pair, zone: ZoneInfo) -> str:
    assert pair.a is not None
    seconds = _seconds(pair.later)
    word = "later" if seconds > 0 else "earlier"
    return f"{clock(pair.a.raised_at, zone)} {pair.a.check} {pair.a.detector}: B {length(abs(seconds))} {word}"


def _promised(of: Replayed, console: Console) -> None:
    if not any(of.promised):
        return
    console.print(Text("\nWhat would have been promised of these incidents", style="bold"))
    for side, said in zip(of.sides, of.promised, strict=True):
        for one in said:
            if one.asked:
                name = f"{side.name}, " if len(of.sides) > 1 else ""
                console.print(Text(f"  {name}{_held(one)}"))


def _held(one: Promised) -> str:
    after = f"after {one.mark // timedelta(minutes=1)} min" if one.mark else "at the beginning"
    return f"{after}: a time to {one.given} of {one.asked}; {one.kept} of these were over by then"


def as_data(of: Replayed) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "from": of.since.isoformat(),
        "to": of.until.isoformat(),
        "checks": [
            {
                "check": track.name,
                "samples": track.samples,
                "signals": {side.name: _signals(track.signals[at]) for at, side in enumerate(of.sides)},
                "left_out": track.left_out,
            }
            for track in of.tracks
        ],
        "sides": [_side(side, said) for side, said in zip(of.sides, of.promised, strict=True)],
        "pairs": [
            {
                "a": pair.a.id if pair.a is not None else None,
                "b": pair.b.id if pair.b is not None else None,
                "later_s": pair.later.total_seconds() if pair.later is not None else None,
            }
            for pair in of.pairs
        ],
        "notes": list(of.notes),
    }


def _signals(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "detector": one.detector,
            "verdict": one.verdict.value,
            "statement": one.statement,
            "since": one.since.isoformat(),
            "raised_at": one.raised_at.isoformat(),
            "cleared_at": one.cleared_at.isoformat() if one.cleared_at is not None else None,
            "evidence": one.evidence,
        }
        for one in signals
    ]


def _side(side: Side, said: tuple[Promised, ...]) -> dict[str, Any]:
    return {
        "side": side.name,
        "signals": side.signals,
        "in_vain": [one.id for one in side.in_vain],
        "warned": side.warned,
        "incidents": [
            {
                "incident": one.of.name,
                "began_at": one.of.began_at.isoformat(),
                "ended_at": one.of.ended_at.isoformat() if one.of.ended_at is not None else None,
                "signal": one.first.id if one.first is not None else None,
                "after_s": one.after.total_seconds() if one.after is not None else None,
                "earlier_s": one.earlier.total_seconds() if one.earlier is not None else None,
            }
            for one in side.seen
        ],
        "promised": [
            {"after_min": one.mark // timedelta(minutes=1), "asked": one.asked, "given": one.given, "kept": one.kept}
            for one in said
        ],
    }
