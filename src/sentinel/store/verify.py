"""What must be so in every store, at every moment, asked of the rows themselves.

Belongs here: one check a promise, each giving what it found wrong. It reads, and mends nothing. Does not belong here: opening
the store (reading.py), what is printed (cli/verify.py).

Each function takes a connection that sees one snapshot and the store's own newest instant, and yields findings. What the
rules are is said where they are made; here they are asked once more, of what came of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, func, or_, select

from sentinel.incident.fold import BrokenTimelineError, fold
from sentinel.model.delivery import Lane, State
from sentinel.model.estimate import PromiseState
from sentinel.model.notice import Approval, Draft, NoticeState, Occasion, Towards
from sentinel.notify.seal import seal
from sentinel.store import audit, books, codec, expansion, incidents, tables
from sentinel.store.expansion import DESK
from sentinel.store.ledger import AT_REST

_d, _n, _p, _i, _a = tables.delivery, tables.notice, tables.snapshot_person, tables.incident, tables.approval

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST: Final = 20
"""Findings of one check that are listed: where there are more, the first say enough."""
LATE: Final = timedelta(minutes=5)
"""A promise that is past for so long, by the store's own newest instant, must be settled."""
LOOK: Final = (
    "Look at it with `sentinel incident`, keep a copy of the store, and put the last good backup back if nobody can say why."
)
MAY_HAVE_LEFT: Final = (State.ARMED, State.ACCEPTED, State.IN_DOUBT, State.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    check: str
    where: str
    what: str
    mend: str = LOOK


Found = Iterator[Finding]


def newest(c: Connection) -> datetime:
    """The newest instant at which a hub was at work here: a copy is judged by when it was taken, not by when it is looked at,
    and one that was just put back by when it was last in use."""
    columns = (tables.cursor.c.seen_at, tables.latest.c.at, tables.entry.c.at, _n.c.made_at, _d.c.settled_at)
    seen = [found for column in columns if (found := c.execute(select(func.max(column))).scalar_one()) is not None]
    return max(seen, default=_BEGINNING)


def file_is_whole(c: Connection, _now: datetime) -> Found:
    """The database's own check of its file (SQLite)."""
    if c.dialect.name != "sqlite":
        return
    mend = "Stop the hub, keep the file as it is, and put the last backup back: sentinel restore."
    for row in c.exec_driver_sql(f"PRAGMA quick_check({MOST})"):
        if row[0] != "ok":
            yield Finding(check="file", where="the database's file", what=str(row[0])[:300], mend=mend)


def books_balance(c: Connection, _now: datetime) -> Found:
    """P10: everybody of a snapshot is in exactly one place."""
    wanted = select(_n.c.id).where(
        _n.c.towards == Towards.CUSTOMERS.value, or_(_n.c.snapshot.is_not(None), _n.c.approval.is_not(None))
    )
    for book in books.books(c, list(c.execute(wanted.order_by(_n.c.id)).scalars())):
        if not book.balanced:
            what = f"{book.snapshot} people, and {sum(book.counts.values())} of them accounted for"
            yield Finding(check="books", where=f"notice {book.notice} ({book.step})", what=what)


def chain_holds(c: Connection, _now: datetime, known: tuple[int, str] | None = None) -> Found:
    """Nobody changed, took out or put in a line of the audit."""
    for fault in audit.faults(c, known):
        where = f"place {fault.seq}" if fault.line is None else f"line {fault.line} (place {fault.seq})"
        mend = "Somebody altered the table: compare with a backup from before, and find out who may write to the database."
        yield Finding(check="audit", where=where, what=fault.why, mend=mend)
    erased = select(tables.erasure.c.at)
    stray = select(tables.audit.c.id).where(tables.audit.c.erased_at.is_not(None), tables.audit.c.erased_at.not_in(erased))
    for line in c.execute(stray.order_by(tables.audit.c.id).limit(MOST)).scalars():
        what = "its text counts as erased, and nobody was erased then"
        yield Finding(check="audit", where=f"line {line}", what=what, mend="Compare it with a backup from before.")


def timelines_fold(c: Connection, _now: datetime) -> Found:
    """Each timeline tells an incident, and the row beside it says the same of whether it is over."""
    for row in c.execute(select(_i).order_by(_i.c.id)).all():
        where = f"incident {row.id}"
        try:
            told = fold(incidents.timeline(c, row.id))
        except (BrokenTimelineError, ValueError) as error:
            yield Finding(check="timeline", where=where, what=f"its timeline tells no incident: {str(error)[:200]}")
            continue
        if row.open == told.phase.is_over:
            says = "open" if row.open else "over"
            yield Finding(
                check="timeline", where=where, what=f"its row says that it is {says}, its timeline {told.phase.value}"
            )


def nothing_left_unapproved(c: Connection, _now: datetime) -> Found:
    """P4: whatever may have reached a customer has one approval, bound to the very words of its draft."""
    left = or_(_d.c.state.in_([state.value for state in MAY_HAVE_LEFT]), _d.c.armed_at.is_not(None))
    went = exists().where(_d.c.notice == _n.c.id, _d.c.lane == Lane.CUSTOMERS.value, left)
    wanted = select(_n.c.id, _n.c.approval, _n.c.occasion, _n.c.state).where(or_(went, _n.c.approval.is_not(None)))
    for notice in c.execute(wanted.order_by(_n.c.id)).all():
        row = c.execute(select(_a).where(_a.c.notice == notice.id)).one_or_none()
        where = f"notice {notice.id}"
        if row is None or notice.approval != row.id:
            yield Finding(check="approval", where=where, what="messages of it may have left, and it has no approval of its own")
            continue
        if notice.state == NoticeState.DRAFT.value:
            yield Finding(check="approval", where=where, what="it has an approval and is a draft still")
        yield from _bound(c, row, where)


def _bound(c: Connection, row: Row[Any], where: str) -> Found:
    """Whether an approval's hash is that of the words that it holds, and of the draft."""
    given = codec.from_text(Approval, row.body)
    body = c.execute(select(tables.draft.c.body).where(tables.draft.c.notice == row.notice)).scalar_one_or_none()
    draft = None if body is None else codec.from_text(Draft, body)
    if given.draft_hash != row.draft_hash or (draft is not None and draft.hash != row.draft_hash):
        yield Finding(check="approval", where=where, what="it was approved with another hash than its draft has")
    if draft is not None and seal(draft.bodies, draft.holding, draft.closing, draft.quoted) != draft.hash:
        yield Finding(check="approval", where=where, what="the words of its draft are not those that its hash was made of")
    # Words approved by rule are those that were approved beside an opening: their own hash is the draft's.
    if not given.rule and seal(given.bodies, given.holding, given.closing, given.quoted) != given.draft_hash:
        yield Finding(
            check="approval", where=where, what="the words that were approved are not those that the hash was made of"
        )


def nobody_twice(c: Connection, _now: datetime) -> Found:
    """P3: one row a person and one an address, of each step."""
    for column, whom in ((_d.c.person, "a person"), (_d.c.address, "an address")):
        step = (_d.c.subject, _d.c.episode, _d.c.step)
        twice = select(*step, func.count().label("n")).group_by(*step, column).having(func.count() > 1)
        for row in c.execute(twice.order_by(*step).limit(MOST)):
            where = f"{row.subject}, episode {row.episode}, {row.step}"
            yield Finding(check="ledger", where=where, what=f"{row.n} rows for {whom}: the key that forbids it is gone")


def rows_are_possible(c: Connection, _now: datetime) -> Found:
    """No row is where the table of moves cannot lead."""
    known, resting = [state.value for state in State], [state.value for state in AT_REST]
    held = _d.c.state.in_([State.CLAIMED.value, State.ARMED.value])
    sent = _d.c.state.in_([State.ARMED.value, State.ACCEPTED.value, State.IN_DOUBT.value])
    wrong: Mapping[str, ColumnElement[bool]] = {
        "it is in no state that there is": _d.c.state.not_in(known),
        "it is on no lane that there is": _d.c.lane.not_in([lane.value for lane in Lane]),
        "it is in a sender's hands and has no lease": and_(held, _d.c.lease_until.is_(None)),
        "it has a lease and is in nobody's hands": and_(~held, _d.c.lease_until.is_not(None)),
        "it is in a sender's hands and was never claimed": and_(held, _d.c.fence == 0),
        "it was sent and never armed": and_(sent, _d.c.armed_at.is_(None), _d.c.step != DESK),
        "it is at rest, and nothing says since when": and_(_d.c.state.in_(resting), _d.c.settled_at.is_(None)),
        "it is not at rest, and was settled": and_(
            _d.c.state.in_(known), _d.c.state.not_in(resting), _d.c.settled_at.is_not(None)
        ),
        "it was tried a negative number of times": _d.c.attempts < 0,
        "it came back, and was never accepted": and_(_d.c.bounced_at.is_not(None), _d.c.state != State.ACCEPTED.value),
    }
    for what, which in wrong.items():
        for row in c.execute(select(_d.c.id, _d.c.state).where(which).order_by(_d.c.id).limit(MOST)):
            yield Finding(check="ledger", where=f"delivery {row.id} ({row.state})", what=what)


def promises_are_settled(c: Connection, now: datetime) -> Found:
    """P7: a time that has passed was kept, moved, withdrawn or broken, and nothing else."""
    t = tables.promise
    known = [state.value for state in PromiseState]
    for odd in c.execute(select(t.c.id, t.c.state).where(t.c.state.not_in(known)).order_by(t.c.id).limit(MOST)):
        yield Finding(check="promises", where=f"promise {odd.id}", what=f"it is {odd.state!r}, which is no state of a promise")
    lapsed = (t.c.state == PromiseState.OPEN.value, t.c.at < now - LATE)
    for row in c.execute(select(t.c.id, t.c.incident).where(*lapsed).order_by(t.c.id).limit(MOST)):
        what = "its time has passed, and it counts as open"
        mend = "A running hub settles it within a second: look whether its rounds go on (sentinel board, /readyz)."
        yield Finding(check="promises", where=f"promise {row.id} of incident {row.incident}", what=what, mend=mend)


def only_the_told_hear_the_end(c: Connection, _now: datetime) -> Found:
    """P6: whoever hears of the end had been told of the start, in the same episode."""
    told = _d.alias("told")
    start = [Occasion.OPENED.value, Occasion.AGAIN.value, Occasion.WIDENED.value, DESK]
    same = (told.c.subject == _d.c.subject, told.c.episode == _d.c.episode, told.c.person == _d.c.person)
    first = or_(*(or_(told.c.step == step, told.c.step.startswith(f"{step}#", autoescape=True)) for step in start))
    heard = exists().where(*same, first, told.c.state == State.ACCEPTED.value)
    ends = or_(*(or_(_d.c.step == step, _d.c.step.startswith(f"{step}#", autoescape=True)) for step in expansion.CLOSING))
    out = _d.c.state.in_([state.value for state in MAY_HAVE_LEFT])
    for row in c.execute(select(_d.c.id, _d.c.subject).where(_d.c.lane == Lane.CUSTOMERS.value, ends, out, ~heard).limit(MOST)):
        yield Finding(
            check="closings", where=f"delivery {row.id} of {row.subject}", what="its person hears of an end and of no start"
        )


def nothing_hangs_loose(c: Connection, _now: datetime) -> Found:
    """What a row refers to is there."""
    kept: tuple[tuple[Table, str, Table], ...] = (
        (tables.entry, "incident", _i),
        (tables.estimate, "incident", _i),
        (tables.episode, "incident", _i),
        (tables.shadow, "incident", _i),
        (tables.promise, "incident", _i),
        (tables.promise, "notice", _n),
        (tables.draft, "notice", _n),
        (tables.brief, "notice", _n),
        (_a, "notice", _n),
        (tables.signature, "notice", _n),
        (_d, "notice", _n),
        (_n, "approval", _a),
        (_n, "snapshot", tables.snapshot),
        (_n, "promise", tables.promise),
        (_d, "snapshot", tables.snapshot),
        (_p, "snapshot", tables.snapshot),
    )
    for table, name, there in kept:
        column = table.c[name]
        loose = select(column.label("to"), func.count().label("n")).where(
            column.is_not(None), ~exists().where(there.c.id == column)
        )
        for row in c.execute(loose.group_by(column).order_by(column).limit(MOST)):
            what = f"{row.n} of table {table.name} refer to it, and it is not there"
            yield Finding(check="references", where=f"{there.name} {row.to}", what=what)
    # The canary's notice (incident 0) is no incident's.
    lost = select(_n.c.id, _n.c.incident).where(_n.c.incident > 0, ~exists().where(_i.c.id == _n.c.incident))
    for row in c.execute(lost.order_by(_n.c.id).limit(MOST)):
        yield Finding(
            check="references", where=f"incident {row.incident}", what=f"notice {row.id} is of it, and it is not there"
        )


CHECKS: Final[Mapping[str, Callable[[Connection, datetime], Found]]] = {
    "the file is whole": file_is_whole,
    "what rows refer to is there": nothing_hangs_loose,
    "every timeline tells its incident": timelines_fold,
    "the books of every notice balance": books_balance,
    "nobody has two rows of one step": nobody_twice,
    "every delivery is where the table of moves can lead": rows_are_possible,
    "nothing left without approval": nothing_left_unapproved,
    "only who was told hears of the end": only_the_told_hear_the_end,
    "no promise lapsed in silence": promises_are_settled,
}


def run(c: Connection, known: tuple[int, str] | None = None) -> Iterator[tuple[str, list[Finding]]]:
    """(what is checked, what was found wrong), one after the other. A check that cannot be made is a finding too."""
    now = newest(c)
    checks: dict[str, Callable[[Connection, datetime], Found]] = {
        **CHECKS,
        "nobody altered the audit": partial(chain_holds, known=known),
    }
    for says, check in checks.items():
        try:
            yield says, list(islice(check(c, now), MOST))
        except Exception as error:  # noqa: BLE001 - what cannot be read is the finding, and the other checks go on
            what = f"it could not be checked: {type(error).__name__}: {str(error).splitlines()[0][:200]}"
            yield says, [Finding(check="unreadable", where=says, what=what)]


def counted(c: Connection) -> Mapping[str, int]:
    """How much there is of what was checked."""
    lanes = Counter({row.lane: row.n for row in c.execute(select(_d.c.lane, func.count().label("n")).group_by(_d.c.lane))})
    return {
        "incidents": int(c.execute(select(func.count()).select_from(_i)).scalar_one()),
        "notices": int(c.execute(select(func.count()).select_from(_n)).scalar_one()),
        "deliveries": sum(lanes.values()),
        "lines of the audit": audit.count(c),
    }
