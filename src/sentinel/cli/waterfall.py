"""One sample drawn in a terminal: its phases as a waterfall, its facts, its assertions in words, its verdict.

Belongs here: the drawing. Colour only ever repeats what a word says. Does not belong here: looking (run/once.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sentinel.cli.hub import plain
from sentinel.model.check import Check
from sentinel.model.observation import Fact, Verdict
from sentinel.probe.once import Asserted, Sampled

COLOURS: Final = {Verdict.UP: "green", Verdict.DEGRADED: "yellow", Verdict.DOWN: "bold red", Verdict.UNKNOWN: "magenta"}
FIRST: Final = ("dns", "connect", "tls", "first_byte", "transfer")
"""Phases in the order in which they happen; those of other kinds follow in the order in which the kind gives them."""
NO_PHASES: Final = frozenset({"total", "min", "avg", "max", "jitter", "run"})
"""Lengths that are no part of the whole, one after the other."""
MEANING: Final = {"up": "so it is down", "healthy": "so it is degraded", "calm": "so staff see a warning"}
OTHER_WIDTH: Final = 30
"""Columns of the waterfall beside its bars."""
SHOWN_OF_EVIDENCE: Final = 800


@dataclass(frozen=True, slots=True)
class Phase:
    """In milliseconds from the beginning."""

    name: str
    began: float
    length: float


def phases(facts: Mapping[str, Fact]) -> tuple[Phase, ...]:
    """What it spent its time on, one after the other. A length that no longer fits into the whole is no phase of it."""
    lengths = {
        name.removesuffix("_ms"): float(value)
        for name, value in facts.items()
        if name.endswith("_ms") and isinstance(value, int | float) and not isinstance(value, bool)
    }
    total = lengths.get("total", 0.0)
    names: list[str] = [name for name in FIRST if name in lengths]
    names += [name for name in lengths if name not in FIRST and name not in NO_PHASES]
    found: list[Phase] = []
    at = 0.0
    for name in names:
        if at + lengths[name] > total + 1.0:
            continue
        found.append(Phase(name, at, lengths[name]))
        at += lengths[name]
    while found and not found[-1].length:
        found.pop()  # it never came to that, or took no time
    return tuple(found)


def draw(check: Check, at: datetime, sampled: Sampled, console: Console | None = None) -> None:
    """To standard output: without colour and bars as wide as the terminal, both as rich finds it (NO_COLOR, a pipe)."""
    console = console or Console(highlight=False)
    console.print(Text.assemble((plain(check.id), "bold"), f"  {check.kind}  {at.astimezone():%Y-%m-%d %H:%M:%S %Z}"))
    drawn = phases(sampled.facts)
    if drawn:
        console.print(_waterfall(drawn, sampled.facts, console))
    parts = {f"{phase.name}_ms" for phase in drawn}
    facts = {
        name: value
        for name, value in sampled.facts.items()
        if name not in {*parts, "total_ms", "evidence"} and (value or not name.endswith("_ms"))
    }
    if facts:
        console.print(_facts(facts))
    if sampled.asserted:
        console.print(_assertions(sampled.asserted))
    if evidence := sampled.facts.get("evidence"):
        console.print(Text("what came instead:", style="dim"))
        console.print(Text(plain(str(evidence))[:SHOWN_OF_EVIDENCE]))
    console.print(_verdict(sampled))


def _verdict(sampled: Sampled) -> Text:
    total = sampled.facts.get("total_ms")
    took = f" after {float(total):.1f} ms" if isinstance(total, int | float) else ""
    why = f": {plain(sampled.reason)}" if sampled.reason else ""
    return Text.assemble((sampled.verdict.value, COLOURS[sampled.verdict]), f"{took}{why}")


def _waterfall(drawn: tuple[Phase, ...], facts: Mapping[str, Fact], console: Console) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    whole = facts.get("total_ms")
    total = max(float(whole) if isinstance(whole, int | float) else 0.0, drawn[-1].began + drawn[-1].length, 0.001)
    room = max(10, min(80, console.width - OTHER_WIDTH))
    full = "█" if "utf" in console.encoding.lower() else "#"
    for phase in drawn:
        start = min(room - 1, int(phase.began / total * room))
        length = max(1, min(room - start, round(phase.length / total * room)))
        bar = Text(" " * start + (full * length if phase.length else "|"), style="cyan")
        table.add_row(Text(f"  {phase.name.replace('_', ' ')}"[:22]), bar, Text(f"{phase.length:.1f} ms"))
    return table


def _facts(facts: Mapping[str, Fact]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        shown = "-" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
        table.add_row(Text(f"  {plain(name)}", style="dim"), Text(plain(shown)))
    return table


def _assertions(asserted: tuple[Asserted, ...]) -> Table:
    table = Table.grid(padding=(0, 1))
    for folds in (False, False, True):
        table.add_column(no_wrap=not folds, overflow="fold" if folds else "ellipsis")
    for one in asserted:
        word, style = ("not judged", "dim") if one.saw is None else ("FAILS", "red") if one.saw else ("holds", "green")
        saw = f": {one.saw}, {MEANING[one.block]}" if one.saw else ""
        table.add_row(Text(f"  {one.block}"), Text(word, style=style), Text(plain(f"{one.words}{saw}")))
    return table
