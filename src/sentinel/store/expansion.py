"""How a notice's people get their rows in the ledger.

Belongs here: the rows, from a snapshot, from who was told, or from the staff's channels. Does not belong here: who is admitted
(that was decided when the snapshot was taken), what happens to a row afterwards (ledger.py).

Four rules hold the books in balance (P10):
* Everybody of a snapshot gets exactly one row a step. Somebody who is not sent to gets a `suppressed` one, under an address
  of its own (`suppressed:<person>`), so that the address stays free for whoever else has it.
* Somebody whose address another row of the step already has is suppressed in the same way, as `same_address`: one message
  an address, whoever shares it. The first by person id gets it.
* Somebody whom another opening of the episode told, or is about to, or at whose address it did, is `already_told`: decided
  again here, whatever the snapshot knew when it was taken (P3).
* A row of an earlier draft of the same step that was cancelled before it went out moves to the new notice; one that was
  suppressed moves as it is. What went out, or may have, stays where it is: its person is not told again (P3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql import FromClause

from sentinel.model.delivery import Lane, State
from sentinel.model.notice import Notice, NoticeState, Towards
from sentinel.model.person import Reason
from sentinel.store import caps, openings, postgres, promised, tables
from sentinel.store.erasure import ERASED
from sentinel.store.ledger import ask_again
from sentinel.store.terms import Terms, Window, is_broken, window

_d, _n, _p, _u = tables.delivery, tables.notice, tables.snapshot_person, tables.unsubscribed

DESK: Final = "desk"
"""The step of those whom the desk told in person: see told.py."""
TOLD_BY: Final = ("opened", "again", "widened", DESK)
"""The steps by which somebody is told of a disturbance; `widened#3` is one of them."""
CLOSING: Final = ("closed", "retraction")
"""The steps that tell them of its end."""
LOOKED_AT: Final = 5_000
"""Of those who were told by one step: among so many a reader is looked for who stands for the others."""
ANY: Final = Terms()
_UNDER_WAY: Final = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD)
_ENDED: Final = (*_UNDER_WAY, State.ACCEPTED, State.IN_DOUBT)
_COLUMNS: Final = (
    "notice", "snapshot", "lane", "channel", "subject", "episode", "step", "person", "name", "address", "language", "zone",
    "state", "attempts", "fence", "due_at", "made_at", "settled_at", "ref", "detail",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """`rows`: how many got their row. `asked`: how many of them are sent to, as far as the snapshot knew."""

    rows: int = 0
    asked: int = 0


def expand(c: Connection, notice: Notice, now: datetime, limit: int) -> int:
    """Write rows for up to `limit` people of the notice's snapshot who have none, on no other terms; how many."""
    return expand_on(c, notice, now, limit, ANY).rows


def expand_on(c: Connection, notice: Notice, now: datetime, limit: int, terms: Terms) -> Written:
    """Write rows for up to `limit` people of the notice's snapshot who have none, under `terms`.

    Nothing is written for a notice that is not approved, is void, or whose snapshot is not complete. `due_at` is the notice's
    `release_at`, so that what may not go out yet is not looked at either.
    """
    row = _ready(c, notice)
    if row is None or row.expanded or row.snapshot is None or not _is_complete(c, row.snapshot):
        return Written()
    postgres.know_sizes(c)
    siblings = _siblings(c, row)
    others = openings.others(c, row)
    of_snapshot = exists().where(_p.c.snapshot == row.snapshot, _p.c.person == _d.c.person)
    told = openings.told_by(row, others, _d.c.person, _d.c.address)
    most = limit if terms.room is None else min(limit, terms.room)
    moved = 0 if terms.only else _move(c, row, siblings, of_snapshot & ~_left(_d.c.person) & ~told, now, most)
    if moved == most:
        ask_again(c, row.subject, row.episode)
        return Written(rows=moved, asked=moved)
    left = replace(terms, room=None if terms.room is None else terms.room - moved)
    found = window(c, row.snapshot, row.reached, limit - moved, left, _due(row, now))
    among = (_p.c.person <= found.last) & (_p.c.person.in_(list(terms.only)) if terms.only else _p.c.person > row.reached)
    why = _why_not(c, row, others, terms, found, now)
    people = (
        select(_p.c.person, _p.c.name, _p.c.channel, _p.c.address, _p.c.language, _p.c.zone, why.label("reason"))
        .where(_p.c.snapshot == row.snapshot, among, ~_has_row(row, _p.c.person))
        .order_by(_p.c.person)
        .subquery("people")
    )
    written = moved + _write(c, row, people, now, found.held)
    if written:
        ask_again(c, row.subject, row.episode)
    if not terms.only:
        c.execute(update(_n).where(_n.c.id == row.id).values(reached=found.last, expanded=found.whole))
    # Who had a row already, drawn for the first batch, was looked at once more and got none.
    return Written(rows=written, asked=min(written, moved + found.asked))


def expand_told(
    c: Connection, notice: Notice, now: datetime, limit: int, telling: Sequence[str] = TOLD_BY, closing: Sequence[str] = CLOSING
) -> int:
    """Write rows for up to `limit` people who were told in this episode, and not yet of the end; how many.

    They are written to where the word that told them was accepted. The rule is asked again until every telling row rests;
    a doubt that a person or late proof settles opens it once more.
    """
    row = _ready(c, notice)
    if row is None or row.expanded:
        return 0
    postgres.know_sizes(c)
    steps, ends = _steps(c, row, telling), _steps(c, row, closing)
    written = _move(c, row, _siblings(c, row), _owed(row, steps, ends), now, limit)
    for group, after in _looks(c, row, steps):
        if written < limit:
            people = _people_told(row, group, ends, after, limit - written)
            written += _write(c, row, people, now)
    if written < limit and not _still_telling(c, row, telling):
        c.execute(update(_n).where(_n.c.id == row.id).values(expanded=True))
    return written


def expand_staff(c: Connection, notice: Notice, channels: Sequence[str], now: datetime, zone: str = "UTC") -> int:
    """One row for each staff channel, all at once. A channel stands for its readers: its name is person and address."""
    row = _ready(c, notice)
    if row is None or row.expanded:
        return 0
    have = set(c.execute(select(_d.c.person).where(*_of_step(row, _d))).scalars())
    rows = [_staff_row(row, channel, now, zone) for channel in dict.fromkeys(channels) if f"channel:{channel}" not in have]
    if rows:
        c.execute(insert(_d), rows)
    c.execute(update(_n).where(_n.c.id == row.id).values(expanded=True))
    return len(rows)


def reschedule(c: Connection, notice: int, at: datetime) -> None:
    """Let a notice go from `at` on: its gate and the rows that wait for it. For a `release_at` that changes after approval."""
    was = c.execute(select(_n.c.release_at).where(_n.c.id == notice)).scalar_one_or_none()
    c.execute(update(_n).where(_n.c.id == notice).values(release_at=at))
    # Who is held over their quiet hours, and so due later than the notice was, stays so.
    waiting = (_d.c.notice == notice, _d.c.state == State.QUEUED.value, _d.c.due_at <= (at if was is None else max(at, was)))
    c.execute(update(_d).where(*waiting).values(due_at=at))


def untold(c: Connection, notice: int, telling: Sequence[str] = TOLD_BY, closing: Sequence[str] = CLOSING) -> int:
    """How many people a notice to the told would still write rows for."""
    row = c.execute(select(_n).where(_n.c.id == notice)).one()
    people = _told(row, _steps(c, row, telling), _steps(c, row, closing)).subquery()
    return int(c.execute(select(func.count()).select_from(people)).scalar_one())


def reached(c: Connection, notice: int) -> int:
    """How many people a notice to the told would go to: by a new row, or by one that an earlier draft of it never sent."""
    row = c.execute(select(_n).where(_n.c.id == notice)).one()
    return untold(c, notice) + _cut_off(c, row, _steps(c, row, TOLD_BY), _steps(c, row, CLOSING))


def _cut_off(c: Connection, row: Row[Any], steps: Sequence[str], ends: Sequence[str]) -> int:
    """How many rows of earlier drafts were cancelled that this notice would bring over and send."""
    siblings = _siblings(c, row)
    if not siblings:
        return 0
    mine = (_d.c.notice.in_(siblings), _d.c.state == State.CANCELLED.value, ~_is_erased(_d.c.person))
    return int(c.execute(select(func.count()).select_from(_d).where(*mine, _owed(row, steps, ends))).scalar_one())


def _owed(row: Row[Any], steps: Sequence[str], ends: Sequence[str]) -> ColumnElement[bool]:
    """Whether the person of a row was told in this episode and not yet of the end."""
    return exists().where(*_was_told(row, steps, _t.c.person == _d.c.person)) & ~_has_ending(row, ends, _d.c.person)


def one_told(c: Connection, notice: int, language: str, channels: Sequence[str] | None = None) -> Row[str, str, str] | None:
    """Name, zone and channel of somebody to whom a notice to the told goes, who reads `language` and is written to by one of
    `channels` (any, if none are given): of the first of each step, so that one that nobody reads is not looked for in all."""
    row = c.execute(select(_n).where(_n.c.id == notice)).one()
    ends = _steps(c, row, CLOSING)
    for step in _steps(c, row, TOLD_BY):  # one by one, so that the index gives the first and nobody sorts a million
        every = select(_t.c.person, _t.c.name, _t.c.zone, _t.c.channel, _t.c.language).where(*_was_told(row, [step]))
        some = every.order_by(_t.c.person).limit(LOOKED_AT).subquery()
        able = () if channels is None else (some.c.channel.in_(channels),)
        owed = (some.c.language == language, *able, ~_has_ending(row, ends, some.c.person), ~_is_erased(some.c.person))
        told = select(some.c.name, some.c.zone, some.c.channel).where(*owed).order_by(some.c.person).limit(1)
        if (found := c.execute(told).one_or_none()) is not None:
            return found
    return None


def without_row(c: Connection, notice: int) -> int:
    """How many people of a notice's snapshot are to be sent to and have no row; of one to the told, those it would write."""
    row = c.execute(select(_n).where(_n.c.id == notice)).one()
    if row.expanded:
        return 0
    if row.snapshot is None:
        return untold(c, notice)
    mine = (_p.c.snapshot == row.snapshot, _p.c.reason.is_(None), ~_has_row(row, _p.c.person))
    return int(c.execute(select(func.count()).select_from(_p).where(*mine)).scalar_one())


def has_closing_armed(c: Connection, subject: str, episode: int, closing: Sequence[str] = CLOSING) -> bool:
    """Whether anybody may have been told of the end of this episode: what breaks again afterwards is a new one."""
    ends = list(
        c.execute(select(_n.c.id).where(_n.c.subject == subject, _n.c.episode == episode, _is_step(_n, closing))).scalars()
    )
    if not ends:
        return False  # asked at every command: the statement below would look through the whole lane
    armed = (_d.c.notice.in_(ends), _d.c.lane == Lane.CUSTOMERS.value, _d.c.armed_at.is_not(None))
    return c.execute(select(_d.c.id).where(*armed).limit(1)).one_or_none() is not None


# The parts


_t = tables.delivery.alias("telling")


def _ready(c: Connection, notice: Notice) -> Row[Any] | None:
    """The notice as it is now, if it may have rows: what was passed in may be stale."""
    ready = (_n.c.id == notice.id, _n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None))
    return c.execute(select(_n).where(*ready)).one_or_none()


def _is_complete(c: Connection, snapshot: int) -> bool:
    return bool(c.execute(select(tables.snapshot.c.complete).where(tables.snapshot.c.id == snapshot)).scalar_one_or_none())


def _of_step(row: Row[Any], table: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (table.c.subject == row.subject, table.c.episode == row.episode, table.c.step == row.step)


def _is_step(table: FromClause, steps: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(or_(table.c.step == step, table.c.step.startswith(f"{step}#", autoescape=True)) for step in steps))


def _has_row(row: Row[Any], person: ColumnElement[str]) -> ColumnElement[bool]:
    other = tables.delivery.alias("other")
    return exists().where(*_of_step(row, other), other.c.person == person)


def _siblings(c: Connection, row: Row[Any]) -> list[int]:
    """The other notices of the same step: earlier drafts of it."""
    return list(c.execute(select(_n.c.id).where(*_of_step(row, _n), _n.c.id != row.id)).scalars())


def _steps(c: Connection, row: Row[Any], of: Sequence[str]) -> list[str]:
    """The episode's steps that are `of` such, by name: an index finds names, but no beginnings of them."""
    episode = (_n.c.subject == row.subject, _n.c.episode == row.episode, _n.c.towards == Towards.CUSTOMERS.value)
    return list(c.execute(select(_n.c.step).where(*episode, _is_step(_n, of)).distinct()).scalars())


def _last_person(c: Connection, row: Row[Any]) -> str:
    """The last person who has a row. People are written in order, so those before need not be looked at again."""
    return str(c.execute(select(func.max(_d.c.person)).where(*_of_step(row, _d))).scalar_one() or "")


def _looks(c: Connection, row: Row[Any], steps: Sequence[str]) -> list[tuple[list[str], str]]:
    """(steps, the person behind whom to look): where those who were told are looked for, one after the other.

    People are written in order, so most are found behind the last; those who were told late are found by looking at all. The
    desk's few are looked for by themselves, so that they do not make a million others be looked at again.
    """
    letters, desk = [step for step in steps if step != DESK], [step for step in steps if step == DESK]
    afters = (_last_person(c, row), "") if len(letters) == 1 else ("",) if letters else ()
    return [*((letters, after) for after in afters), *([(desk, "")] if desk else [])]


def _why_not(
    c: Connection, row: Row[Any], others: Sequence[str], terms: Terms, found: Window, now: datetime
) -> ColumnElement[str | None]:
    """The snapshot's reason, or what has come between since it was taken: they asked for no more, another opening tells them,
    their address is broken, they have had too many, or the terms leave them out."""
    whens = [
        *((_p.c.person.in_(list(persons)), reason.value) for reason, persons in found.out.items()),
        (_left(_p.c.person), Reason.UNSUBSCRIBED.value),
        (openings.told_by(row, others, _p.c.person, _p.c.address), Reason.ALREADY_TOLD.value),
        (is_broken(), Reason.BROKEN.value),
    ]
    if terms.guards is not None:
        whens.append((caps.capped(c, row, terms.guards, now, _p.c.person, _p.c.address), Reason.CAPPED.value))
    return func.coalesce(_p.c.reason, case(*whens))


def _left(person: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether they asked for no more, after the snapshot was taken perhaps."""
    return exists().where(_u.c.person == person)


def _is_erased(person: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a mark stands in the place of a person whose data was erased."""
    return person.startswith(ERASED, autoescape=True)


def _move(c: Connection, row: Row[Any], siblings: Sequence[int], who: ColumnElement[bool], now: datetime, limit: int) -> int:
    """Bring over the rows of earlier drafts of this step that never went out."""
    if not siblings:
        return 0
    # Who was erased has no address any more: what was cancelled for them stays so.
    resting = or_(_d.c.state == State.SUPPRESSED.value, and_(_d.c.state == State.CANCELLED.value, ~_is_erased(_d.c.person)))
    some = select(_d.c.id).where(_d.c.notice.in_(siblings), resting, who).limit(limit).scalar_subquery()
    was_cancelled = _d.c.state == State.CANCELLED.value
    values = {
        "notice": row.id,
        "snapshot": row.snapshot,
        "state": case((was_cancelled, State.QUEUED.value), else_=_d.c.state),
        "due_at": _due(row, now),
        "settled_at": case((was_cancelled, null()), else_=_d.c.settled_at),
        "detail": case((was_cancelled, ""), else_=_d.c.detail),
        "attempts": 0,
    }
    return c.execute(update(_d).where(_d.c.id.in_(some)).values(**values)).rowcount


def _due(row: Row[Any], now: datetime) -> datetime:
    return now if row.release_at is None else max(now, row.release_at)


def _write(
    c: Connection, row: Row[Any], people: FromClause, now: datetime, held: Mapping[str, datetime] = MappingProxyType({})
) -> int:
    """Insert a row for each of `people` (person, name, channel, address, language, zone, reason). `held`: zone → not before."""
    taken = tables.delivery.alias("taken")
    has_address = exists().where(*_of_step(row, taken), taken.c.address == people.c.address)
    nth = func.row_number().over(partition_by=[people.c.address, people.c.reason], order_by=people.c.person)
    shared = case((or_(has_address, nth > 1), Reason.SAME_ADDRESS.value))
    judged = select(people, func.coalesce(people.c.reason, shared).label("why")).subquery("judged")
    out = judged.c.why.is_not(None)
    values: dict[str, Any] = {
        "notice": literal(row.id),
        "snapshot": literal(row.snapshot, tables.delivery.c.snapshot.type),
        "lane": literal(Lane.CUSTOMERS.value),
        **{name: judged.c[name] for name in ("channel", "person", "name", "language", "zone")},
        "subject": literal(row.subject),
        "episode": literal(row.episode),
        "step": literal(row.step),
        "address": case((out, literal("suppressed:").concat(judged.c.person)), else_=judged.c.address),
        "state": case((out, State.SUPPRESSED.value), else_=State.QUEUED.value),
        "attempts": literal(0),
        "fence": literal(0),
        "due_at": _due_at(row, judged.c.zone, held, now),
        "made_at": literal(now, _d.c.made_at.type),
        "settled_at": case((out, literal(now, _d.c.settled_at.type)), else_=null()),
        "ref": literal(""),
        "detail": func.coalesce(judged.c.why, ""),
    }
    chosen = select(*(values[name].label(name) for name in _COLUMNS)).order_by(judged.c.person)
    return c.execute(insert(_d).from_select(list(_COLUMNS), chosen, include_defaults=False)).rowcount


def _due_at(row: Row[Any], zone: ColumnElement[str], held: Mapping[str, datetime], now: datetime) -> ColumnElement[datetime]:
    """From when on a message may leave, by the reader's zone."""
    kind = _d.c.due_at.type
    at = literal(_due(row, now), kind)
    return case(*((zone == name, literal(until, kind)) for name, until in sorted(held.items())), else_=at) if held else at


def _staff_row(row: Row[Any], channel: str, now: datetime, zone: str) -> dict[str, Any]:
    return {
        "notice": row.id,
        "lane": Lane.STAFF.value,
        "channel": channel,
        "subject": row.subject,
        "episode": row.episode,
        "step": row.step,
        "person": f"channel:{channel}",
        "name": channel,
        "address": f"channel:{channel}",
        "language": "",
        "zone": zone,
        "state": State.QUEUED.value,
        "due_at": _due(row, now),
        "made_at": now,
    }


def _was_told(row: Row[Any], steps: Sequence[str], *which: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    told = (_t.c.subject == row.subject, _t.c.episode == row.episode, _t.c.step.in_(steps), _t.c.lane == Lane.CUSTOMERS.value)
    # Who was told from the start of all that is so by now is owed no word of what became worse.
    whole = (~openings.told_since(row, _t.c.person),) if row.step.partition("#")[0] == "widened" else ()
    # Who has another time by now is told by the words about that one.
    mine = (~promised.holds_another(row, _t.c.person),) if row.step.startswith(promised.HOLDING) else ()
    return (*told, _t.c.state == State.ACCEPTED.value, *_heard_before(row, steps), *whole, *mine, *which)


def _heard_before(row: Row[Any], steps: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Whom the desk told after this word was approved knows it already: the desk says what stands published."""
    if DESK not in steps or row.approval is None:
        return ()
    a = tables.approval
    approved_at = select(a.c.at).where(a.c.id == row.approval).scalar_subquery()
    return (or_(_t.c.step != DESK, _t.c.made_at <= approved_at),)


def _has_ending(row: Row[Any], steps: Sequence[str], person: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the person has been told of the end, or is about to be, by another step than this one."""
    end = tables.delivery.alias("ending")
    others = [step for step in steps if step != row.step]
    same = (end.c.subject == row.subject, end.c.episode == row.episode, end.c.step.in_(others), end.c.person == person)
    return exists().where(*same, end.c.state.in_([state.value for state in _ENDED]))


def _told(row: Row[Any], steps: Sequence[str], ends: Sequence[str], after: str = "") -> Select[Any]:
    """(person, the last row that told them) of those who are owed this word and have no row for it."""
    owed = and_(_t.c.person > after, ~_has_row(row, _t.c.person), ~_has_ending(row, ends, _t.c.person))
    return select(_t.c.person, func.max(_t.c.id).label("id")).where(*_was_told(row, steps), owed).group_by(_t.c.person)


def _people_told(row: Row[Any], steps: Sequence[str], ends: Sequence[str], after: str, limit: int) -> FromClause:
    """Up to `limit` people who are owed this word, as their last row knows them."""
    last = _told(row, steps, ends, after).order_by(_t.c.person).limit(limit).subquery()
    reason = case((_is_erased(_t.c.person), Reason.ERASED.value)).label("reason")
    whole = select(_t.c.person, _t.c.name, _t.c.channel, _t.c.address, _t.c.language, _t.c.zone, reason)
    return whole.join(last, last.c.id == _t.c.id).order_by(_t.c.person).subquery("people")


def _still_telling(c: Connection, row: Row[Any], telling: Sequence[str]) -> bool:
    episode = (_n.c.subject == row.subject, _n.c.episode == row.episode, _n.c.towards == Towards.CUSTOMERS.value)
    under_way = exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([state.value for state in _UNDER_WAY]))
    return c.execute(select(_n.c.id).where(*episode, _is_step(_n, telling), under_way).limit(1)).one_or_none() is not None
