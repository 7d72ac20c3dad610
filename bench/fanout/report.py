"""Report: the figures as a person reads them and as JSON, each beside its goal."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Final

from bench.fanout.blast import Told
from bench.fanout.limit import Bare
from bench.fanout.million import Expanded

GOALS: Final[Mapping[str, float]] = {"smtp": 0.5, "http": 0.3, "syncs": 0.1, "peak_mb": 300, "staff_p99": 5, "expanded_s": 60}
TITLES: Final[Mapping[str, str]] = {"smtp": "mail by SMTP, 4 KB", "http": "HTTP provider that honours keys"}
_MB: Final = 1024 * 1024


@dataclass(kw_only=True, slots=True)
class Report:
    """`told`: way → figures. `bare`: contender → its rounds, None for one that is not installed."""

    database: str
    told: dict[str, Told] = field(default_factory=dict)
    bare: dict[str, list[Bare] | None] = field(default_factory=dict)
    expanded: Expanded | None = None

    def as_json(self) -> str:
        told = {by: {**asdict(each), "cpu_per_1000": each.cpu_per_1000} for by, each in self.told.items()}
        bare = {name: rounds and asdict(_middle(rounds)) for name, rounds in self.bare.items()}
        expanded = self.expanded and asdict(self.expanded)
        whole: dict[str, Any] = {"database": self.database, "goals": dict(GOALS), "told": told, "limit": bare}
        return json.dumps({**whole, "ratios": self._ratios(), "expanded": expanded})

    def as_text(self) -> str:
        lines = [f"Telling everybody on {self.database}; the whole product, staff told of something every second beside it"]
        for by, told in self.told.items():
            lines += _of_told(by, told)
        if "smtp" in self.told:
            lines += self._of_limit()
        if self.expanded is not None:
            lines += _of_expanded(self.expanded)
        return "\n".join(lines)

    def _ratios(self) -> dict[str, float]:
        mine = self.told.get("smtp")
        if mine is None:
            return {}
        return {name: mine.cpu_per_1000 / _middle(rounds).cpu_per_1000 for name, rounds in self.bare.items() if rounds}

    def _of_limit(self) -> list[str]:
        lines = ["the limit: the same number of bytes to the same sink, nothing remembered"]
        for name, rounds in self.bare.items():
            if rounds is None:
                lines.append(f"  {name:12} not installed here (Debian's package postfix brings it): no ratio")
            else:
                one = _middle(rounds)
                ratio = self._ratios()[name]
                lines.append(
                    f"  {name:12} {one.cpu_per_1000:.3f} CPU s per 1,000, {one.rate:,.0f}/s; we take {ratio:.1f} times that"
                )
        return lines


def _middle(rounds: list[Bare]) -> Bare:
    return Bare(cpu_per_1000=median(each.cpu_per_1000 for each in rounds), rate=median(each.rate for each in rounds))


def _of_told(by: str, told: Told) -> list[str]:
    syncs = "not counted (no strace)" if told.syncs is None else f"{told.syncs:.3f} a message (goal {GOALS['syncs']})"
    return [
        f"{TITLES[by]}: {told.people:,} people, {told.octets:,} bytes each; each has exactly one, and the books balance",
        f"  {told.cpu_per_1000:.3f} CPU s per 1,000 (goal {GOALS[by]}), {told.people / told.cpu:,.0f} messages a CPU second",
        f"  {told.rate:,.0f} messages/s, {told.seconds:.0f} s from the approval to the last",
        f"  syncs {syncs}; at most {told.peak / _MB:.0f} MB (goal {GOALS['peak_mb']})",
        f"  staff told within {told.staff[0]:.2f} s (median), {told.staff[1]:.2f} s (p99; goal {GOALS['staff_p99']})",
    ]


def _of_expanded(one: Expanded) -> list[str]:
    return [
        f"rows for {one.people:,} people: {one.seconds:.0f} s from the approval to the last row (goal {GOALS['expanded_s']}),"
        f" {one.cpu:.0f} CPU s, {one.sent:,} mails sent meanwhile",
        f"  the audience was read in {one.reading:.0f} s; at most {one.peak / _MB:.0f} MB (goal {GOALS['peak_mb']};"
        f" {one.read_peak / _MB:.0f} when it was read)",
        f"  staff told within {one.staff[0]:.2f} s (median), {one.staff[1]:.2f} s (p99; goal {GOALS['staff_p99']})",
    ]
