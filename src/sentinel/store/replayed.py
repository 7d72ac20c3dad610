"""Observations of one check at one place as they lie, in their order, to be told once more. Nothing is written.

Belongs here: the stream over the day tables. Does not belong here: counts and buckets (history.py), what is made of it
(run/replay/).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, inspect, select

from sentinel.model.observation import Fact, Observation
from sentinel.store import codec
from sentinel.store.observations import PHASES, SAMPLES, VERDICTS, day_table

PIECE: Final = 2_000
"""Rows that are in memory at a time."""
_DAY: Final = re.compile(r"observation_(\d{8})")


def days(c: Connection) -> list[str]:
    """The days of which observations are kept (`20261122`), oldest first."""
    return sorted(found[1] for name in inspect(c).get_table_names() if (found := _DAY.fullmatch(name)))


def observed(c: Connection, number: int, check: str, place: str, until: datetime, kept: list[str]) -> Iterator[Observation]:
    """Everything that is kept of the check that lies under `number`, before `until`, in order. `kept`: the days there are."""
    for day in kept:
        if datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) >= until:
            return
        table = day_table(day)
        mine = select(table).where(table.c.check_id == number, table.c.at < until).order_by(table.c.at)
        for row in c.execute(mine, execution_options={"yield_per": PIECE}):
            yield _observation(row, check, place)


def _observation(row: Row[Any], check: str, place: str) -> Observation:
    facts: dict[str, Fact] = codec.from_text(dict[str, Fact], row.facts) if row.facts else {}
    for phase in PHASES:
        value = row._mapping[phase.replace("_ms", "_us")]
        if value is not None:
            facts[phase] = value / 1000
    return Observation(
        check=check,
        place=place,
        at=row.at,
        sample=SAMPLES[row.sample],
        verdict=VERDICTS[row.verdict],
        reason=row.reason or "",
        facts=facts,
    )
