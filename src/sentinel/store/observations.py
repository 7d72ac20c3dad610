"""Raw observations: a table per day (UTC), so that old days are dropped whole. Full facts are kept of bad samples only.

So on PostgreSQL too: partitions of one table would say the same, but making and dropping one locks the whole table, with all
who read it, and every query here names its days anyway.
"""

from collections.abc import Collection
from datetime import date
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    bindparam,
    insert,
    inspect,
    select,
)

from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.store import codec, due, postgres, tables
from sentinel.store.bulk import Rows, among, keys
from sentinel.store.column import Instant, microseconds
from sentinel.store.upsert import upsert_in

VERDICTS = tuple(Verdict)
SAMPLES = tuple(SampleKind)
PHASES = ("total_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "transfer_ms")
LONGEST_MS = 1e12
_NUMBERS = (int, float)  # written as `int | float` in place, it would be made anew for each phase of each sample
_SAMPLE_NUMBERS = {kind: number for number, kind in enumerate(SAMPLES)}
_VERDICT_NUMBERS = {verdict: number for number, verdict in enumerate(VERDICTS)}
_COLUMNS = tuple((phase, phase.replace("_ms", "_us")) for phase in PHASES)


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


def store(c: Connection, seen: Collection[Observation]) -> None:
    """Keep observations. One that is there already (a batch sent again) changes nothing."""
    ids = _check_ids(c, {(one.check, one.place) for one in seen})
    by_day: dict[date, list[dict[str, Any]]] = {}
    for one in seen:
        by_day.setdefault(one.at.date(), []).append(_row(one, ids[one.check, one.place]))
    due.note_late(c, ((row["check_id"], row["at"]) for rows in by_day.values() for row in rows))
    for day, rows in by_day.items():
        table = day_table(f"{day:%Y%m%d}")
        if not inspect(c).has_table(table.name):
            postgres.one_at_a_time(c)  # another hub may be making it now
            table.create(c, checkfirst=True)
        _rows(c.dialect, table).put(c, rows)


@lru_cache(maxsize=64)
def _rows(dialect: Dialect, table: Table) -> Rows:
    return Rows(dialect, upsert_in(dialect, table).on_conflict_do_nothing())


def _row(one: Observation, check_id: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "check_id": check_id,
        "at": microseconds(one.at),
        "sample": _SAMPLE_NUMBERS[one.sample],
        "verdict": _VERDICT_NUMBERS[one.verdict],
        "reason": one.reason or None,
        "facts": None if one.verdict is Verdict.UP else codec.facts_to_text(one.facts),
    }
    for phase, column in _COLUMNS:
        value = one.facts.get(phase)
        # Beyond that (or where it is no number at all) it is no time that anything took, and no column holds it.
        row[column] = round(value * 1000) if isinstance(value, _NUMBERS) and abs(value) <= LONGEST_MS else None
    return row


def _check_ids(c: Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(check, place) → the number that its rows bear; of one that is new, a new one."""
    names = tables.check_name
    asked = {"keys": keys(c.dialect, {check for check, _ in wanted}), "places": sorted({place for _, place in wanted})}
    known = {(check, place): number for check, place, number in c.execute(_numbers(c.dialect), asked).all()}
    for check, place in sorted(set(wanted) - known.keys()):
        made = insert(names).values(check=check, place=place).returning(names.c.id)
        known[check, place] = c.execute(made).scalar_one()
    return known


@lru_cache(maxsize=64)
def _numbers(dialect: Dialect) -> Select[str, str, int]:
    names = tables.check_name.c
    places = names.place.in_(bindparam("places", expanding=True))
    return select(names.check, names.place, names.id).where(among(dialect, names.check), places)
