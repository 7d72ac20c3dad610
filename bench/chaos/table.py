"""The table of a run, for people."""

from collections.abc import Sequence

from bench.chaos.kills import Record, all_counts, by_point, by_state, hits
from bench.chaos.plan import WANTED
from bench.chaos.points import Point, Stratum
from sentinel.run.wiring import CUSTOMER_CONNECTIONS

STATES = ("queued", "claimed", "armed", "accepted", "in_doubt")


def lines(records: Sequence[Record]) -> list[str]:
    """Kills by point, hits by stratum and state, and what was wrong."""
    hit, lay, at = hits(records), by_state(records), by_point(records)
    kills = [kill for record in records for kill in record.kills]
    missed = [point for record in records for point in record.missed]
    counts = all_counts(records)
    worst = max((kill.doubts for kill in kills), default=0)
    return [
        "",
        f"{len(kills)} kills in {len(records)} runs, {sum(record.seconds for record in records):.0f} s",
        "",
        *_section("kills at", {point.value: f"{at[point]}" + _missed(missed.count(point)) for point in Point if at[point]}),
        *_section("hits, by the file after the kill", {stratum.value: str(hit[stratum]) for stratum in Stratum}),
        *_section("kills with a customer's row", {state: str(lay[state]) for state in STATES}),
        *_section("wrong", {name.replace("_", " "): str(count) for name, count in counts.as_json().items()}),
        *_section(
            "beside",
            {
                "in doubt, in all": str(sum(kill.doubts for kill in kills)),
                f"in doubt after one kill, at most (of {CUSTOMER_CONNECTIONS} connections)": str(worst),
                "doubts settled by hand": str(sum(record.settled for record in records)),
                "not told, and reported so": str(sum(sum(record.reported.values()) for record in records)),
                "mails to customers": str(sum(record.mails for record in records)),
                "samples of the books": str(sum(record.samples for record in records)),
                "points never reached": str(len(missed)),
                "points left out for want of time": str(sum(len(record.skipped) for record in records)),
            },
        ),
    ]


def empty(records: Sequence[Record], wanted: Sequence[Stratum], times: int = WANTED) -> list[Stratum]:
    """The strata that should have been hit that often and were not."""
    hit = hits(records)
    return [stratum for stratum in wanted if hit[stratum] < times]


def _section(title: str, figures: dict[str, str]) -> list[str]:
    width = max((len(name) for name in figures), default=0)
    return [title, *(f"  {name:<{width}}  {figure:>5}" for name, figure in figures.items()), ""]


def _missed(times: int) -> str:
    return f" (missed {times} times)" if times else ""
