"""Where a person's data stands, and taking it out.

Belongs here: every table that may hold a customer's id, name or address, and what stands there afterwards. Does not belong
here: the list of those who were erased (erasure.py), texts (redact.py), who may ask for it (run/keeping.py).

A row of the ledger stays, with its state: only who it was for is gone, and a mark stands in its place, the same in every row of
the person, so that the books balance and the ledger's keys still hold. What had not gone out is suppressed as `erased`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, or_, select, update

from sentinel.model.delivery import Lane, State
from sentinel.store import audit, erasure, tables
from sentinel.store.redact import Scrub, Whom, needles, objects, read, redacted, scrubber
from sentinel.store.upsert import upsert

_d, _p, _s, _u, _a = tables.delivery, tables.snapshot_person, tables.subscriber, tables.unsubscribed, tables.audit
_w = tables.contact_customer

OF_AN_ADDRESS: Final = ("desk:", "subscriber:")
"""Begin ids that are made of an address: whoever has the address is that person."""
NOT_OUT: Final = (State.QUEUED, State.RETRY, State.HELD)
SHORTEST_NAME: Final = 4
"""A shorter name is looked for in no text that people wrote: it is part of too many words."""
MENTIONED: Final = 20
TEXTS: Final[tuple[tuple[Table, tuple[str, ...], tuple[str, ...]], ...]] = (
    (tables.entry, ("incident", "seq"), ("said", "why")),
    (tables.estimate, ("id",), ("reason",)),
    (tables.episode, ("incident", "episode"), ("cause",)),
    (tables.snapshot, ("id",), ("problems",)),
    (tables.notice, ("id",), ("void_why", "paused_why")),
    (tables.quarantine, ("id",), ("body", "why")),
    (tables.trouble, ("name",), ("detail",)),
    (tables.installation, ("id",), ("hold_why",)),
)
"""Table, its key, and columns of free text in which somebody may have written an address."""


@dataclass(kw_only=True, slots=True)
class Taken:
    """How many rows of each kind were changed. `mentioned`: incidents whose texts hold the name still; people read those."""

    deliveries: int = 0
    snapshots: int = 0
    subscriptions: int = 0
    lines: int = 0
    texts: int = 0
    contacts: int = 0
    mentioned: list[int] = field(default_factory=list)


def find(c: Connection, person: str, address: str, made_of: Callable[[str], Iterable[str]] = lambda _: ()) -> Whom:
    """Everything that this person is known under; with an `address`, everybody who has it. Looks through the whole ledger.

    `made_of`: the ids that are made of an address, which may stand where the address does not.
    """
    persons, addresses = {person} - {""}, {address} - {""}
    if address:
        rows = [*_at(c, _d, [address]), *_at(c, _p, [address]), *_at(c, _s, [address])]
        persons |= {row.person for row in rows}
        addresses |= {row.address for row in rows}
    mine = [
        row
        for table in (_d, _p, _s)
        for row in c.execute(_who(table).where(table.c.person.in_(sorted(persons)), *_ours(table)))
    ]
    addresses |= {row.address for row in mine if _is_address(row.address)}
    at_them = [row for table in (_d, _p, _s) for row in _at(c, table, sorted(addresses))]
    made = {row.person for row in at_them if row.person.startswith(OF_AN_ADDRESS)}
    made |= {one for each in addresses for one in made_of(each)}
    others = {row.person for row in at_them} - persons - made
    theirs = persons | made
    names = {row.name for row in (*mine, *(row for row in at_them if row.person in theirs)) if row.name}
    return Whom(
        persons=frozenset(one for one in theirs if not erasure.is_stand_in(one)),
        addresses=frozenset(addresses),
        names=frozenset(names),
        shared=len(others),
    )


def marks(key: bytes, whom: Whom) -> list[str]:
    """What goes on the erasure list. An address that somebody else has too does not: they are written to there."""
    by_address = () if whom.shared else whom.addresses
    found = {erasure.mark_of_person(key, one) for one in whom.persons}
    return sorted(found | {erasure.mark_of_address(key, one) for one in by_address})


def being_sent(c: Connection, whom: Whom) -> int:
    """How many messages to them are being handed over at this moment: these cannot be taken back."""
    armed = select(func.count()).where(_d.c.person.in_(sorted(whom.persons)), _d.c.state == State.ARMED.value)
    return int(c.execute(armed).scalar_one())


def take_out(c: Connection, whom: Whom, key: bytes, now: datetime) -> Taken:
    """Replace their id, name and addresses wherever they stand. In the caller's transaction; doing it twice does no harm."""
    taken, scrub = Taken(), scrubber(whom.addresses)
    taken.deliveries = _deliveries(c, whom, key, scrub, now)
    taken.snapshots = _snapshots(c, whom, key)
    taken.subscriptions = c.execute(delete(_s).where(_s.c.person.in_(sorted(whom.persons)))).rowcount
    _keep_away(c, whom, key, now)
    taken.lines = _lines(c, whom, key, scrub, now)
    taken.texts = sum(_texts(c, table, keys, columns, whom, scrub) for table, keys, columns in TEXTS)
    taken.contacts = c.execute(delete(_w).where(_w.c.reference.in_(sorted(whom.persons | whom.addresses)))).rowcount
    _forget_addresses(c, whom)
    taken.mentioned = _mentioned(c, whom)
    return taken


def listed(c: Connection, key: bytes, on_list: frozenset[str]) -> Whom:
    """Everybody in the store who stands on a list of marks: in an older copy that was put back, they are there again."""
    persons: set[str] = set()
    addresses: set[str] = set()
    for table in (_d, _p, _s):
        for row in c.execute(_who(table).where(*_ours(table))):
            _pick(row.person, row.address, key, on_list, persons, addresses)
    for one in c.execute(select(_w.c.reference).distinct()).scalars():
        _pick(one, one, key, on_list, persons, addresses)
    persons |= {one for one in c.execute(select(_u.c.person)).scalars() if erasure.mark_of_person(key, one) in on_list}
    for command in c.execute(
        select(_a.c.command).where(or_(*(_a.c.command.contains(f'"{name}":"') for name in ("address", "person"))))
    ).scalars():
        for one in objects(read(command)):
            _pick(str(one.get("person", "")), str(one.get("address", "")), key, on_list, persons, addresses)
    names = {
        row.name
        for table in (_d, _p, _s)
        for row in c.execute(_who(table).where(table.c.person.in_(sorted(persons))))
        if row.name
    }
    return Whom(persons=frozenset(persons), addresses=frozenset(addresses), names=frozenset(names))


# The parts


def _who(table: Table) -> Any:
    return select(table.c.person, table.c.name, table.c.address).distinct()


def _ours(table: Table) -> tuple[ColumnElement[bool], ...]:
    """Rows of customers: staff stand in the ledger as their channels."""
    return (_d.c.lane != Lane.STAFF.value,) if table is _d else ()


def _at(c: Connection, table: Table, addresses: Sequence[str]) -> list[Any]:
    if not addresses:
        return []
    plain = [each.lower() for each in addresses]
    same = or_(table.c.address.in_(list(addresses)), func.lower(table.c.address).in_(plain))
    return list(c.execute(_who(table).where(same, *_ours(table))))


def _is_address(text: str) -> bool:
    return bool(text) and not text.startswith(("suppressed:", "channel:", erasure.ERASED))


def _deliveries(c: Connection, whom: Whom, key: bytes, scrub: Scrub, now: datetime) -> int:
    fields = (
        _d.c.id,
        _d.c.person,
        _d.c.address,
        _d.c.state,
        _d.c.detail,
        _d.c.ref,
        _d.c.bounce_why,
        _d.c.settled_at,
        _d.c.doubted_at,
    )
    rows = c.execute(select(*fields).where(_d.c.person.in_(sorted(whom.persons)), *_ours(_d)).with_for_update()).all()
    if not rows:
        return 0
    changed = (
        update(_d)
        .where(_d.c.id == bindparam("of_id"), _d.c.state == bindparam("was"))
        .values(
            person=bindparam("who"), name="", address=bindparam("there"), state=bindparam("now_is"), detail=bindparam("said"),
            ref=bindparam("its_ref"), bounce_why=bindparam("why"), settled_at=bindparam("settled", type_=_d.c.settled_at.type),
        )
    )  # fmt: skip
    values = []
    for row in rows:
        mark, state = erasure.stand_in(key, row.person), State(row.state)
        stopped = state in (*NOT_OUT, State.CLAIMED)
        becomes = State.CANCELLED if state is State.CLAIMED else State.SUPPRESSED if stopped else state
        if stopped and row.doubted_at is not None:
            becomes = State.IN_DOUBT  # an earlier try may have arrived
        values.append({
            "of_id": row.id, "was": row.state, "who": mark,
            "there": f"suppressed:{mark}" if becomes is State.SUPPRESSED or row.address.startswith("suppressed:") else mark,
            # The table of moves knows both: what nobody holds is suppressed, what a sender holds is taken from its hands.
            "now_is": becomes.value,
            "said": erasure.DETAIL if stopped else scrub(row.detail),
            "its_ref": scrub(row.ref), "why": None if row.bounce_why is None else scrub(row.bounce_why),
            "settled": now if stopped else row.settled_at,
        })  # fmt: skip
    c.execute(changed, values)
    return len(values)


def _snapshots(c: Connection, whom: Whom, key: bytes) -> int:
    rows = c.execute(select(_p.c.snapshot, _p.c.person).where(_p.c.person.in_(sorted(whom.persons)))).all()
    for row in rows:
        gone = {"person": erasure.stand_in(key, row.person), "name": "", "address": ""}
        mine = (_p.c.snapshot == row.snapshot, _p.c.person == row.person)
        c.execute(update(_p).where(*mine).values(**gone, reason=func.coalesce(_p.c.reason, erasure.DETAIL)))
    for snapshot in sorted({row.snapshot for row in rows}):
        _count_again(c, snapshot)
    return len(rows)


def _count_again(c: Connection, snapshot: int) -> None:
    """A draft that waits is approved for the people who are left; one that was approved stays as it was approved."""
    n, t = tables.notice, tables.snapshot
    consented = select(n.c.id).where(n.c.snapshot == snapshot, n.c.approval.is_not(None)).limit(1)
    if c.execute(consented).one_or_none() is not None:
        return
    counted = c.execute(select(_p.c.reason, func.count().label("n")).where(_p.c.snapshot == snapshot).group_by(_p.c.reason))
    counts = {row.reason: row.n for row in counted}
    admitted = counts.pop(None, 0)
    complete = (t.c.id == snapshot, t.c.complete)
    c.execute(update(t).where(*complete).values(admitted=admitted, left_out=json.dumps(dict(sorted(counts.items())))))


def _keep_away(c: Connection, whom: Whom, key: bytes, now: datetime) -> None:
    """Whoever takes the rows of an earlier draft over asks who left: they did. That they had asked for no more is kept too."""
    rows = [{"person": erasure.stand_in(key, one), "at": now} for one in sorted(whom.persons)]
    if rows:
        c.execute(delete(_u).where(_u.c.person.in_(sorted(whom.persons))))
        c.execute(upsert(c, _u).on_conflict_do_nothing(), rows)


def _lines(c: Connection, whom: Whom, key: bytes, scrub: Scrub, now: datetime) -> int:
    sought = [*needles(whom.addresses), *(f'"person":{json.dumps(one, ensure_ascii=False)}' for one in whom.persons)]
    if not sought:
        return 0
    wanted = or_(
        *(
            func.lower(column).contains(each.lower(), autoescape=True)
            for each in sought
            for column in (_a.c.command, _a.c.result)
        )
    )
    rows = c.execute(select(_a).where(wanted).order_by(_a.c.id)).all()
    changed = 0
    for row in rows:
        command, result = (redacted(text, whom, key, scrub) for text in (row.command, row.result))
        if (command, result) != (row.command, row.result):
            audit.replace_text(c, row.id, who=row.who, account=row.account, command=command, result=result, now=now)
            changed += 1
    return changed


def _texts(c: Connection, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], whom: Whom, scrub: Scrub) -> int:
    sought = needles(whom.addresses)
    if not sought:
        return 0
    holds = or_(*(func.lower(table.c[name]).contains(each.lower(), autoescape=True) for each in sought for name in columns))
    named = dict.fromkeys((*keys, *columns))
    rows = c.execute(select(*(table.c[name] for name in named)).where(holds)).all()
    for row in rows:
        fresh = {name: scrub(getattr(row, name)) for name in columns if getattr(row, name) is not None}
        c.execute(update(table).where(*(table.c[name] == getattr(row, name) for name in keys)).values(**fresh))
    return len(rows)


def _forget_addresses(c: Connection, whom: Whom) -> None:
    """What was known of the address as a place to send to."""
    plain = sorted({one.lower() for one in whom.addresses})
    b, k = tables.broken, tables.callback
    c.execute(delete(b).where(func.lower(b.c.address).in_(plain), b.c.address != ""))
    for needle in needles(whom.addresses):
        c.execute(delete(k).where(func.lower(k.c.event).contains(needle.lower(), autoescape=True)))


def _mentioned(c: Connection, whom: Whom) -> list[int]:
    names = [one.lower() for one in sorted(whom.names) if len(one) >= SHORTEST_NAME]
    if not names:
        return []
    t = tables.entry
    holds = or_(*(func.lower(column).contains(one, autoescape=True) for one in names for column in (t.c.said, t.c.why)))
    return list(c.execute(select(t.c.incident).where(holds).distinct().order_by(t.c.incident).limit(MENTIONED)).scalars())


def _pick(person: str, address: str, key: bytes, on_list: frozenset[str], persons: set[str], addresses: set[str]) -> None:
    by_person = bool(person) and erasure.mark_of_person(key, person) in on_list
    by_address = _is_address(address) and erasure.mark_of_address(key, address) in on_list
    if person and (by_person or by_address) and not erasure.is_stand_in(person):
        persons.add(person)
    if by_address or (by_person and _is_address(address)):
        addresses.add(address)
