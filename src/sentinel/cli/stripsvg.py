"""The strips of a replay as one SVG for a review or a wiki: light and dark, readable without colour, words on every bar."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from sentinel.cli.hub import plain
from sentinel.cli.strip import Strip, clock, strips
from sentinel.model.observation import Verdict
from sentinel.run.replay.records import COLUMNS, Replayed, Track

LEFT, WIDTH, RIGHT, ROW, GAP, TOP = 210, 960, 24, 22, 16, 56
HEIGHTS: Final = {Verdict.UP: 3, Verdict.DEGRADED: 9, Verdict.DOWN: 16, Verdict.UNKNOWN: 6}
"""How high a column stands: what was seen can be read without its colour."""
TICKS: Final = 4
MOST_TRACKS: Final = 200
STYLE: Final = """
svg { --paper: #ffffff; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --up: #8cb89b; --degraded: #b7791f; --down: #c0262d;
  --unknown: #8b949e; --a: #0969da; --b: #a03fb5; --incident: #1b1f24; background: var(--paper) }
@media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --dim: #9da7b3; --line: #30363d; --up: #3f7a54;
  --degraded: #d9a03f; --down: #ff6b6b; --unknown: #7d8590; --a: #58a6ff; --b: #d48ae6; --incident: #e6edf3 } }
text { font: 13px system-ui, sans-serif; fill: var(--ink) } .dim { fill: var(--dim) } .name { font-weight: 600 }
.rule { stroke: var(--line) } .up { fill: var(--up) } .degraded { fill: var(--degraded) } .down { fill: var(--down) }
.unknown { fill: var(--unknown) } .side0 { fill: var(--a) } .side1 { fill: var(--b) } .incident { fill: var(--incident) }
"""


def svg(of: Replayed, zone: ZoneInfo) -> str:
    """The whole picture. Every text is escaped."""
    body: list[str] = []
    y = TOP
    for track in of.tracks[:MOST_TRACKS]:
        rows = list(strips(track, of, zone))
        body += _track(track, rows, y)
        y += ROW * (len(rows) + 2) + GAP
    if len(of.tracks) > MOST_TRACKS:
        body.append(_text(LEFT, y, f"{len(of.tracks) - MOST_TRACKS} more checks are not drawn", "dim"))
        y += ROW
    height, width = y + 8, LEFT + WIDTH + RIGHT
    title = f"{clock(of.since, zone)} to {clock(of.until, zone)}, {zone.key}"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{_escaped(f"Replay, {title}")}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="var(--paper)"/>',
        _text(16, 24, f"Replay, {title}", "name"),
    ]
    return "\n".join([*head, *_axis(of, zone, y), *body, "</svg>"]) + "\n"


def _axis(of: Replayed, zone: ZoneInfo, bottom: int) -> Iterator[str]:
    for tick in range(TICKS + 1):
        x = LEFT + WIDTH * tick / TICKS
        at = (of.since + (of.until - of.since) * tick / TICKS).astimezone(zone)
        anchor = "start" if tick == 0 else "end" if tick == TICKS else "middle"
        yield f'<line class="rule" x1="{x:g}" y1="{TOP - 8}" x2="{x:g}" y2="{bottom - GAP}"/>'
        yield _text(x, TOP - 14, f"{at:%a %d %b %H:%M}", "dim", anchor)


def _track(track: Track, rows: list[Strip], y: int) -> Iterator[str]:
    yield _text(16, y + 12, track.name, "name")
    yield _text(LEFT, y + 12, f"{track.samples} samples", "dim")
    yield _text(16, y + ROW + 14, "seen", "dim")
    for verdict, first, last in _runs(track.columns):
        x, width = LEFT + WIDTH * first / COLUMNS, WIDTH * (last - first) / COLUMNS
        high = HEIGHTS[verdict]
        top = y + ROW + 18 - high
        place = f'x="{x:.1f}" y="{top}" width="{width:.1f}" height="{high}"'
        yield f'<rect class="{verdict.value}" {place}><title>{verdict.value}</title></rect>'
    for at, strip in enumerate(rows, start=2):
        top = y + ROW * at
        yield _text(16, top + 14, strip.label, "dim")
        name = "incident" if strip.side is None else f"side{strip.side}"
        for bar in strip.bars:
            width = max(2.0, WIDTH * (bar.right - bar.left))
            yield (
                f'<rect class="{name}" x="{LEFT + WIDTH * bar.left:.1f}" y="{top + 4}" width="{width:.1f}" height="12" rx="2">'
                f"<title>{_escaped(bar.words)}</title></rect>"
            )


def _runs(columns: tuple[Verdict | None, ...]) -> Iterator[tuple[Verdict, int, int]]:
    """Neighbours that look alike, as one."""
    began = 0
    for at in range(1, len(columns) + 1):
        if at == len(columns) or columns[at] is not columns[began]:
            if (verdict := columns[began]) is not None:
                yield verdict, began, at
            began = at


def _text(x: float, y: float, words: str, name: str, anchor: str = "start") -> str:
    return f'<text class="{name}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{_escaped(words)}</text>'


def _escaped(words: str) -> str:
    return escape(plain(words), {'"': "&quot;"})
