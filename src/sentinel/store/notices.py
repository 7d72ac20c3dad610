"""Notices, their drafts and approvals, the briefs of staff notices, and the snapshots of audiences."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, insert, literal, or_, select, update

from sentinel.model.delivery import Lane, State
from sentinel.model.notice import Approval, Brief, Draft, Notice, NoticeState, Occasion, Towards
from sentinel.model.person import Admitted, Reason
from sentinel.store import codec, tables
from sentinel.store.upsert import upsert


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """One answer of an audience rule: how many are sent to, how many are not and why, and rows that could not be read.

    `rule` may end in `#` and a cause: then the rule was asked again at that entry. While it is not `complete`, `problems` says
    why a source could not be read, `tries` how often, and `again_at` when it is asked again. `notes`: what an approver should
    know of those who are sent to. `first`: the ids of a few of them, drawn so that they stand for all: they get it first.
    """

    id: int
    subject: str
    episode: int
    rule: str
    complete: bool
    admitted: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    tries: int = 0
    again_at: datetime | None = None


AUDIENCE = "audience:"
"""What a rule that is asked of a directory begins with."""
PROBLEMS_KEPT = 100


def make(c: Connection, notice: Notice) -> Notice | None:
    """Write a new notice; None when its identity (subject, episode, step, cause) is there already."""
    values = asdict(notice) | {"expanded": False, "reached": ""}
    del values["id"]
    found = c.execute(upsert(c, tables.notice).values(**values).on_conflict_do_nothing().returning(tables.notice.c.id))
    made = found.scalar_one_or_none()
    return None if made is None else one(c, int(made))


def one(c: Connection, notice: int) -> Notice | None:
    row = c.execute(select(tables.notice).where(tables.notice.c.id == notice)).one_or_none()
    return None if row is None else _notice(row)


def of_incident(c: Connection, incident: int) -> list[Notice]:
    t = tables.notice
    return [_notice(row) for row in c.execute(select(t).where(t.c.incident == incident).order_by(t.c.id))]


def _notice(row: Row[Any]) -> Notice:
    values = dict(row._mapping)
    del values["expanded"], values["reached"]
    values |= {"occasion": Occasion(row.occasion), "towards": Towards(row.towards), "state": NoticeState(row.state)}
    return Notice(**values)


def change(c: Connection, notice: int, **values: Any) -> None:
    """Set columns of one notice: state, gates, links."""
    c.execute(update(tables.notice).where(tables.notice.c.id == notice).values(**values))


def unexpanded(c: Connection) -> list[int]:
    """Approved notices that still owe rows to the ledger."""
    return list(c.execute(_unexpanded()).scalars())


@cache
def _unexpanded() -> Select[int]:
    return select(tables.notice.c.id).where(*_owing()).order_by(tables.notice.c.id)


def unexpanded_subjects(c: Connection) -> set[str]:
    """What these are about."""
    return set(c.execute(select(tables.notice.c.subject).where(*_owing())).scalars())


def _owing() -> tuple[ColumnElement[bool], ...]:
    t = tables.notice.c
    return t.state == NoticeState.APPROVED.value, t.void_at.is_(None), ~t.expanded


def unwritten(c: Connection, incident: int) -> list[int]:
    """Notices of an incident that were approved, whatever became of them, with people of their snapshot who have no row yet."""
    t = tables.notice
    mine = (t.c.incident == incident, t.c.approval.is_not(None), t.c.snapshot.is_not(None), ~t.c.expanded)
    return list(c.execute(select(t.c.id).where(*mine, t.c.towards == Towards.CUSTOMERS.value).order_by(t.c.id)).scalars())


def drafts(c: Connection, most: int) -> list[Notice]:
    """Notices to customers that wait for somebody's consent, oldest first."""
    t = tables.notice
    mine = (t.c.state == NoticeState.DRAFT.value, t.c.towards == Towards.CUSTOMERS.value, t.c.void_at.is_(None))
    return [_notice(row) for row in c.execute(select(t).where(*mine).order_by(t.c.id).limit(most))]


def keep_brief(c: Connection, notice: int, brief: Brief) -> None:
    c.execute(insert(tables.brief).values(notice=notice, body=codec.to_text(Brief, brief)))


def brief_of(c: Connection, notice: int) -> Brief | None:
    body = c.execute(select(tables.brief.c.body).where(tables.brief.c.notice == notice)).scalar_one_or_none()
    return None if body is None else codec.from_text(Brief, body)


def keep_draft(c: Connection, draft: Draft, facts: str) -> None:
    row = {"notice": draft.notice, "version": draft.version, "hash": draft.hash, "facts": facts}
    row["body"] = codec.to_text(Draft, draft)
    c.execute(upsert(c, tables.draft).values(**row).on_conflict_do_update(index_elements=["notice"], set_=row))


def draft_of(c: Connection, notice: int) -> tuple[Draft, str] | None:
    """The draft, and the facts it was made from as JSON."""
    row = c.execute(select(tables.draft).where(tables.draft.c.notice == notice)).one_or_none()
    return None if row is None else (codec.from_text(Draft, row.body), str(row.facts))


def keep_approval(c: Connection, approval: Approval, facts: str) -> int:
    """One row a notice: a second approval of the same notice fails on its key."""
    row = {
        "notice": approval.notice,
        "by": approval.by,
        "at": approval.at,
        "draft_hash": approval.draft_hash,
        "snapshot": approval.snapshot,
        "counted": approval.counted,
        "rule": approval.rule,
        "body": codec.to_text(Approval, approval),
        "facts": facts,
    }
    return int(c.execute(insert(tables.approval).values(**row).returning(tables.approval.c.id)).scalar_one())


def approval_of(c: Connection, notice: int) -> tuple[Approval, str] | None:
    """The approval, and the facts it is bound to as JSON."""
    row = c.execute(select(tables.approval).where(tables.approval.c.notice == notice)).one_or_none()
    if row is None:
        return None
    stored = codec.from_text(Approval, row.body)
    return Approval(**{**_fields(stored), "id": row.id}), str(row.facts)


def _fields(approval: Approval) -> dict[str, Any]:
    return {name: getattr(approval, name) for name in Approval.__dataclass_fields__}


def approved_by_rule(c: Connection, rule: str, since: datetime) -> int:
    """How many approvals a written rule has given since then."""
    t = tables.approval
    return int(c.execute(select(func.count()).select_from(t).where(t.c.rule == rule, t.c.at > since)).scalar_one())


def snapshot_for(c: Connection, subject: str, episode: int, rule: str, now: datetime) -> int:
    """The snapshot of a rule within an episode, made empty and incomplete if it is new: redrafts share it."""
    row = {"subject": subject, "episode": episode, "rule": rule, "asked_at": now}
    c.execute(upsert(c, tables.snapshot).values(**row).on_conflict_do_nothing())
    t = tables.snapshot
    found = c.execute(select(t.c.id).where(t.c.subject == subject, t.c.episode == episode, t.c.rule == rule)).scalar_one()
    return int(found)


def snapshot(c: Connection, snapshot_id: int) -> Snapshot | None:
    row = c.execute(select(tables.snapshot).where(tables.snapshot.c.id == snapshot_id)).one_or_none()
    return None if row is None else _snapshot(row)


def incomplete_snapshots(c: Connection) -> list[Snapshot]:
    """Those that a directory has still to answer, and that a draft waits for: nobody's data is read for what is void."""
    return [_snapshot(row) for row in c.execute(_incomplete())]


@cache
def _incomplete() -> Select[Any]:
    t, n = tables.snapshot, tables.notice
    mine = exists().where(n.c.snapshot == t.c.id)
    wanted = or_(~mine, mine.where(n.c.state == NoticeState.DRAFT.value))
    return select(t).where(~t.c.complete, t.c.rule.startswith(AUDIENCE, autoescape=True), wanted).order_by(t.c.id)


def _snapshot(row: Row[Any]) -> Snapshot:
    said = json.loads(row.problems)
    said = {"problems": said} if isinstance(said, list) else said
    again_at = said.get("again_at")
    return Snapshot(
        id=row.id,
        subject=row.subject,
        episode=row.episode,
        rule=row.rule,
        complete=row.complete,
        admitted=row.admitted,
        left_out=json.loads(row.left_out),
        problems=tuple(said["problems"]),
        notes=tuple(said.get("notes", ())),
        first=tuple(said.get("first", ())),
        tries=said.get("tries", 0),
        again_at=None if again_at is None else datetime.fromisoformat(again_at),
    )


def put_off(c: Connection, snapshot_id: int, problems: Sequence[str], tries: int, again_at: datetime) -> None:
    """A source could not be read: say why, and when it is asked again. Until then nothing can be approved."""
    said = {"problems": list(problems)[:PROBLEMS_KEPT], "tries": tries, "again_at": again_at.isoformat()}
    c.execute(update(tables.snapshot).where(tables.snapshot.c.id == snapshot_id).values(problems=json.dumps(said)))


def empty_snapshot(c: Connection, snapshot_id: int, limit: int) -> int:
    """Take up to `limit` people out of an incomplete snapshot that was broken off: it is begun again from nothing."""
    t = tables.snapshot_person
    some = select(t.c.person).where(t.c.snapshot == snapshot_id).limit(limit).scalar_subquery()
    return c.execute(delete(t).where(t.c.snapshot == snapshot_id, t.c.person.in_(some))).rowcount


def keep_people(c: Connection, snapshot_id: int, people: Iterable[Admitted]) -> None:
    """Add people to an incomplete snapshot. Somebody who is there already is left as they are."""
    rows = [
        {
            "snapshot": snapshot_id,
            "person": each.person.id,
            "name": each.person.name,
            "channel": each.person.channel,
            "address": each.person.address,
            "language": each.person.language,
            "zone": each.person.zone,
            "reason": None if each.reason is None else each.reason.value,
        }
        for each in people
    ]
    if rows:
        c.execute(upsert(c, tables.snapshot_person).on_conflict_do_nothing(), rows)


def complete_snapshot(
    c: Connection, snapshot_id: int, problems: Sequence[str], notes: Sequence[str] = (), first: Sequence[str] = ()
) -> None:
    """Freeze it: count who is admitted and who is not, by reason. `first`: who gets it first."""
    t = tables.snapshot_person
    counts = Counter(
        {
            row.reason: row.n
            for row in c.execute(
                select(t.c.reason, func.count().label("n")).where(t.c.snapshot == snapshot_id).group_by(t.c.reason)
            )
        }
    )
    admitted = counts.pop(None, 0)
    said = json.dumps({"problems": list(problems)[:PROBLEMS_KEPT], "notes": list(notes), "first": list(first)})
    c.execute(
        update(tables.snapshot)
        .where(tables.snapshot.c.id == snapshot_id)
        .values(complete=True, admitted=admitted, left_out=json.dumps(dict(counts)), problems=said)
    )


BEGINNINGS: Final = ("opened", "again", "widened")
"""Steps that tell somebody of trouble, and so begin something: nobody who was not told is owed a word after them."""


def unsubscribed_among(c: Connection, persons: Sequence[str]) -> frozenset[str]:
    """Those of `persons` (a piece of an audience) who asked for no more of these messages."""
    t = tables.unsubscribed
    return frozenset(c.execute(select(t.c.person).where(t.c.person.in_(persons))).scalars())


def unsubscribe(c: Connection, person: str, now: datetime) -> int:
    """From now on nothing begins for this person: no new message, and none that waits in the queue; how many of those there
    were. Of what they were told of already they are still told the end (P6)."""
    c.execute(upsert(c, tables.unsubscribed).values(person=person, at=now).on_conflict_do_nothing())
    d = tables.delivery
    begins = or_(*(or_(d.c.step == step, d.c.step.startswith(f"{step}#", autoescape=True)) for step in BEGINNINGS))
    waits = d.c.state.in_([state.value for state in (State.QUEUED, State.CLAIMED, State.RETRY, State.HELD)])
    # What was tried and may have arrived is no longer a silence, and is left to be settled.
    mine = (d.c.person == person, d.c.lane == Lane.CUSTOMERS.value, waits, begins, d.c.doubted_at.is_(None))
    values = {"state": State.SUPPRESSED.value, "settled_at": now, "lease_until": None, "detail": Reason.UNSUBSCRIBED.value}
    free = {"address": literal("suppressed:").concat(d.c.person)}
    return c.execute(update(d).where(*mine).values(**values, **free)).rowcount
