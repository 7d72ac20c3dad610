"""Raw observations: a table per day (UTC), so that old days are dropped whole. Full facts are kept of bad samples only.

So on PostgreSQL too: partitions of one table would say the same, but making and dropping one locks the whole table, with all
who read it, and every query here names its days anyway.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, SmallInteger, Table, Text, insert, inspect, select

from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.store import codec, postgres, tables
from sentinel.store.column import Instant
from sentinel.store.upsert import upsert

VERDICTS = tuple(Verdict)
SAMPLES = tuple(SampleKind)
PHASES = ("total_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "transfer_ms")


@cache
def day_table(day: str) -> Table:
    """The table of one day, such as `observation_20261122`. Its metadata is its own: days come and go."""
    return Table(
        f"observation_{day}",
        MetaData(),
        Column("check_id", Integer, primary_key=True, autoincrement=False),
        Column("at", Instant, primary_key=True),
        Column("sample", SmallInteger, nullable=False),
        Column("verdict", SmallInteger, nullable=False),
        *(Column(phase.replace("_ms", "_us"), BigInteger) for phase in PHASES),
        Column("reason", Text),
        Column("facts", Text),
        sqlite_with_rowid=False,
    )


def store(c: Connection, seen: Iterable[Observation]) -> None:
    """Keep observations. One that is there already (a batch sent again) changes nothing."""
    by_day: dict[str, list[dict[str, object]]] = {}
    for one in seen:
        by_day.setdefault(f"{one.at:%Y%m%d}", []).append(_row(one, _check_id(c, one.check, one.place)))
    for day, rows in by_day.items():
        table = day_table(day)
        if not inspect(c).has_table(table.name):
            postgres.one_at_a_time(c)  # another hub may be making it now
            table.create(c, checkfirst=True)
        c.execute(upsert(c, table).on_conflict_do_nothing(), rows)


def _row(one: Observation, check_id: int) -> dict[str, object]:
    is_bad = one.verdict is not Verdict.UP
    row: dict[str, object] = {
        "check_id": check_id,
        "at": one.at,
        "sample": SAMPLES.index(one.sample),
        "verdict": VERDICTS.index(one.verdict),
        "reason": one.reason or None,
        "facts": codec.to_text(dict[str, Fact], dict(one.facts)) if is_bad else None,
    }
    for phase in PHASES:
        row[phase.replace("_ms", "_us")] = _microseconds(one.facts, phase)
    return row


def _microseconds(facts: Mapping[str, Fact], phase: str) -> int | None:
    value = facts.get(phase)
    return round(value * 1000) if isinstance(value, int | float) else None


def _check_id(c: Connection, check: str, place: str) -> int:
    names = tables.check_name
    known = c.execute(select(names.c.id).where(names.c.check == check, names.c.place == place)).scalar_one_or_none()
    if known is None:
        known = c.execute(insert(names).values(check=check, place=place).returning(names.c.id)).scalar_one()
    return int(known)
