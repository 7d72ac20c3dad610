"""Contacts: callers as the desk taps them (one row a call), counts by quarters of an hour of whoever counts, and who they were.

Belongs here: the rows. Does not belong here: what is usual, and what is too many (detect/).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, delete, exists, func, insert, or_, select

from sentinel.model.contact import SLOT, ContactCount, slot_of, start_of
from sentinel.model.contact import Topic as Topic
from sentinel.store import tables
from sentinel.store.upsert import upsert

_c, _n, _who, _u, _mark = tables.contact, tables.contact_count, tables.contact_customer, tables.contact_usual, tables.anchor

DESK: Final = "desk"
"""The source of what the desk taps."""
PHONE: Final = "phone"
KEY: Final = ("source", "slot", "service", "statement", "channel")
JUDGED: Final = "contacts_judged"
DAY: Final = 96
WHOLE_DAYS: Final = 14
"""Days of which every count is read; of those before, the hours that are alike."""
MOST: Final = 20_000
_TOPIC: Final = (_n.c.service.concat("").label("service"), _n.c.statement.concat("").label("statement"))
"""To group by: by the columns as they are SQLite reads the whole index of topics, weeks of counts, for one hour's."""
_DUE: Final = select(
    select(_mark.c.at).where(_mark.c.name == JUDGED).scalar_subquery().label("judged"),
    select(_mark.c.seq).where(_mark.c.name == JUDGED).scalar_subquery().label("slot"),
    select(func.max(_n.c.at)).scalar_subquery().label("counted"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """What is usual of a topic: in a quarter of an hour and in an hour, at this hour of the week."""

    quarter: float
    hour: float
    is_learned: bool


def add(c: Connection, topic: Topic, who: str, now: datetime) -> None:
    """One caller more."""
    c.execute(insert(_c).values(at=now, service=topic[0], statement=topic[1], who=who))
    row = {"source": DESK, "slot": slot_of(now), "service": topic[0], "statement": topic[1], "channel": PHONE}
    more = {"count": _n.c.count + 1, "at": now}
    c.execute(upsert(c, _n).values(**row, count=1, at=now).on_conflict_do_update(index_elements=list(row), set_=more))


def put(c: Connection, source: str, counts: Sequence[ContactCount], now: datetime) -> None:
    """What a source counted; what it said before of the same topic, channel and quarter of an hour is replaced."""
    rows = [
        {"source": source, "slot": slot_of(one.slot), "service": one.service, "statement": one.statement,
         "channel": one.channel, "count": one.count, "at": now}
        for one in counts
    ]  # fmt: skip
    if not rows:
        return
    made = upsert(c, _n)
    said = {"count": made.excluded.count, "at": made.excluded.at}
    c.execute(made.on_conflict_do_update(index_elements=list(KEY), set_=said), rows)
    c.execute(delete(_who).where(*(_who.c[name] == bindparam(f"of_{name}") for name in KEY)),
              [{f"of_{name}": row[name] for name in KEY} for row in rows])  # fmt: skip
    people = [
        {**{name: row[name] for name in KEY}, "reference": each.reference, "at": each.at}
        for row, one in zip(rows, counts, strict=True)
        for each in one.customers
    ]
    if people:
        c.execute(insert(_who), people)


def since(c: Connection, start: datetime) -> Mapping[Topic, int]:
    """How many contacted us since `start`, by topic: the desk's taps to the second, the others by quarters of an hour, of the
    first one the share that lies since: an hour would else hold three of them and what the running one has so far."""
    taps = select(_c.c.service, _c.c.statement, func.count().label("n")).where(_c.c.at >= start)
    first = slot_of(start)
    share = 1 - (start - start_of(first)) / SLOT
    n = func.sum(case((_n.c.slot == first, _n.c.count * share), else_=_n.c.count)).label("n")
    counts = select(*_TOPIC, n).group_by(*_TOPIC).where(_n.c.slot >= first, _n.c.source != DESK)
    found: Counter[Topic] = Counter()
    for asked in (taps.group_by(_c.c.service, _c.c.statement), counts):
        for row in c.execute(asked):
            found[row.service, row.statement] += round(row.n)
    return {topic: n for topic, n in found.items() if n}


# For the detector


@dataclass(frozen=True, slots=True)
class Standing:
    """When topics were judged last; the quarter of an hour for which it is known of all what is usual; when anything was
    counted last."""

    judged_at: datetime | None
    slot: int | None
    counted_at: datetime | None


def due(c: Connection) -> Standing:
    """What each round asks."""
    row = c.execute(_DUE).one()
    return Standing(row.judged, row.slot, row.counted)


def note_judged(c: Connection, slot: int, now: datetime) -> None:
    row = {"seq": slot, "at": now}
    made = upsert(c, _mark).values(name=JUDGED, seal="", **row)
    c.execute(made.on_conflict_do_update(index_elements=["name"], set_=row))


def first(c: Connection) -> int | None:
    """The first quarter of an hour in which anything was counted."""
    found: int | None = c.execute(select(func.min(_n.c.slot))).scalar_one_or_none()
    return found


def are_counted(c: Connection, bounds: Sequence[int]) -> list[bool]:
    """Of each stretch from one slot to before the next: whether anything at all was counted in it."""
    asked = {f"b{number}": slot for number, slot in enumerate(bounds)}
    return [bool(found) for found in c.execute(_are_counted(len(bounds) - 1), asked).one()]


@lru_cache(maxsize=4)
def _are_counted(stretches: int) -> Any:
    """The query: one look into the index for each, all in one statement. Made once: making it takes longer than asking it."""
    return select(
        *(
            exists().where(_n.c.slot >= bindparam(f"b{each}"), _n.c.slot < bindparam(f"b{each + 1}")).label(f"counted{each}")
            for each in range(stretches)
        )
    )


def heard_until(c: Connection, topic: Topic, since: int) -> int | None:
    """The last slot of which all have spoken, about anything, who have counted this topic since a slot; None where that is the
    desk alone. Who says nothing has not said that nobody calls."""
    who = select(_n.c.source).where(_n.c.service == topic[0], _n.c.statement == topic[1], _n.c.slot >= since)
    last = select(func.max(_n.c.slot).label("last")).where(_n.c.slot >= since, _n.c.source != DESK, _n.c.source.in_(who))
    found: int | None = c.execute(select(func.min(last.group_by(_n.c.source).subquery().c.last))).scalar_one_or_none()
    return found


def recent(c: Connection, start: int) -> dict[Topic, dict[int, int]]:
    """Topic → slot → how many, since a slot; only what anybody contacted us about."""
    n = func.sum(_n.c.count).label("n")
    asked = select(*_TOPIC, _n.c.slot, n).where(_n.c.slot >= start)
    found: dict[Topic, dict[int, int]] = {}
    for row in c.execute(asked.group_by(*_TOPIC, _n.c.slot).having(n > 0)):
        found.setdefault((row.service, row.statement), {})[row.slot] = int(row.n)
    return found


def counts_of(c: Connection, topic: Topic, start: int, slot: int, since: int) -> dict[int, int]:
    """Slot → how many, of one topic: every slot of the last days; of those before, the time of day from `since` to `slot`."""
    # An hour more on either side: clocks are put forward and back.
    like = sorted({each % DAY for each in range(max(since - 4, slot - DAY), slot + 5)})
    asked = (
        select(_n.c.slot, func.sum(_n.c.count).label("n"))
        .where(_n.c.service == topic[0], _n.c.statement == topic[1], _n.c.slot >= start, _n.c.slot <= slot)
        .where(or_(_n.c.slot >= slot - WHOLE_DAYS * DAY, (_n.c.slot % DAY).in_(like)))
        .group_by(_n.c.slot)
        .order_by(_n.c.slot.desc())
        .limit(MOST)
    )
    return {slot: int(n) for slot, n in c.execute(asked).all()}  # thousands of rows: by name each would cost three times more


def keep_usual(c: Connection, topic: Topic, slot: int, rate: Rate, known: str) -> None:
    """What is usual of a topic in a slot; `known`: all that the detector wants of it, as text."""
    row = {"slot": slot, "quarter": rate.quarter, "hour": rate.hour, "learned": rate.is_learned, "known": known}
    made = upsert(c, _u).values(service=topic[0], statement=topic[1], **row)
    c.execute(made.on_conflict_do_update(index_elements=["service", "statement"], set_=row))


def known(c: Connection, slot: int) -> dict[Topic, str]:
    """The topics of which it is known what is usual in a slot."""
    return {(row.service, row.statement): row.known for row in c.execute(select(_u).where(_u.c.slot == slot))}


def usual(c: Connection, now: datetime) -> Mapping[Topic, Rate]:
    """What is usual at this hour, of the topics that were judged lately."""
    rows = c.execute(select(_u).where(_u.c.slot >= slot_of(now) - 1))
    return {(row.service, row.statement): Rate(quarter=row.quarter, hour=row.hour, is_learned=row.learned) for row in rows}
