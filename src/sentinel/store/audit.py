"""The audit's lines as a chain: each is sealed over the one before, so that a line changed, taken out or put in is found.

Belongs here: writing a line, sealing those of older versions, walking the chain, letting go of its oldest part. Does not
belong here: what a line says (run/orders.py, run/audit.py), that the database itself refuses changes (triggers.py), whose data
is taken out (traces.py).

A line's `digest` is over its salted text, its `seal` over the seal before, its place and its digest. Erasing a person replaces
text and salt and keeps the digest: the chain holds, and nobody can guess the text from what is left. The anchors `audit_first`
and `audit_last` are the seal before the oldest line that is kept, and the newest one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from sentinel.store import tables
from sentinel.store.column import Instant
from sentinel.store.upsert import upsert

_a, _f = tables.audit, tables.anchor

FIRST: Final = "audit_first"
LAST: Final = "audit_last"
PIECE: Final = 2_000
"""Lines looked at in one go."""
_INSTANT: Final = Instant()
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """A fixed point of the chain: the place and the seal of a line. Place 0 is before the first line of all."""

    seq: int
    seal: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Where the chain is broken: the line's id (None: no line, but one that is missing), and how."""

    line: int | None
    seq: int
    why: str


def digest_of(salt: str, at: datetime, who: str, account: str, command: str, result: str) -> str:
    """SHA-256 in hex of a line's text. (Not of its idempotency key, which is forgotten after a day.)"""
    moment = _INSTANT.process_bind_param(at, None)  # type: ignore[arg-type]  # the dialect is not looked at
    text = json.dumps([salt, moment, who, account, command, result], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal_of(before: str, seq: int, digest: str) -> str:
    """SHA-256 in hex of the seal before, the line's place and its digest."""
    return sha256(f"{before}\n{seq}\n{digest}".encode()).hexdigest()


def write(c: Connection, *, at: datetime, who: str, account: str, key: str | None, command: str, result: str) -> None:
    """One more line, sealed, in the caller's transaction. Lines are written one at a time, on whichever hub."""
    last, salt = _last(c, at), token_hex(16)
    who, account = who[:200], account[:320]
    digest = digest_of(salt, at, who, account, command, result)
    seal = seal_of(last.seal, last.seq + 1, digest)
    line = {"at": at, "who": who, "account": account, "key": key, "command": command, "result": result}
    c.execute(insert(_a).values(**line, digest=digest, seal=seal, seq=last.seq + 1, salt=salt))
    _move(c, LAST, Anchor(seq=last.seq + 1, seal=seal, at=at))


def seal_older(c: Connection, now: datetime, most: int = PIECE) -> int:
    """Seal up to `most` lines that an older version wrote, in the order of their ids; how many. Until it gives 0."""
    last = _last(c, now)
    rows = c.execute(select(_a).where(_a.c.seq == 0).order_by(_a.c.id).limit(most)).all()
    for row in rows:
        salt = token_hex(16)
        digest = digest_of(salt, row.at, row.who, row.account, row.command, row.result)
        seal = seal_of(last.seal, last.seq + 1, digest)
        last = Anchor(seq=last.seq + 1, seal=seal, at=now)
        c.execute(update(_a).where(_a.c.id == row.id).values(digest=digest, seal=seal, seq=last.seq, salt=salt))
    if rows:
        _move(c, LAST, last)
    return len(rows)


def anchor(c: Connection, name: str) -> Anchor | None:
    row = c.execute(select(_f).where(_f.c.name == name)).one_or_none()
    return None if row is None else Anchor(seq=row.seq, seal=row.seal, at=row.at)


def turn(c: Connection, name: str, seal: str, now: datetime) -> str:
    """Set the anchor `name`, of which there is one at a time, to `seal`; what it was before, empty if there was none."""
    before = _locked(c, name, now)
    if before.seal != seal:
        _move(c, name, Anchor(seq=before.seq + 1, seal=seal, at=now))
    return before.seal


def count(c: Connection) -> int:
    """How many lines are kept, by the anchors."""
    first, last = anchor(c, FIRST), anchor(c, LAST)
    return (0 if last is None else last.seq) - (0 if first is None else first.seq)


def faults(c: Connection, known: tuple[int, str] | None = None) -> Iterator[Fault]:
    """Where the chain breaks, the first break of it: after that nothing can be said of the order of what follows.

    `known`: the place and seal of a line as they were noted elsewhere (the log, an earlier check): a chain that was made anew
    from some line on, or cut off, does not hold it.
    """
    first, last = anchor(c, FIRST), anchor(c, LAST)
    before = first or Anchor(seq=0, seal="", at=_BEGINNING)
    if known is not None and known[0] == before.seq and known[1] != before.seal:
        yield Fault(line=None, seq=known[0], why="the chain begins after another seal than the one that was noted")
        return
    for row in _lines(c, before.seq):
        fault = _fault(before, row)
        if fault is None and known is not None and row.seq == known[0] and row.seal != known[1]:
            fault = Fault(
                line=row.id, seq=row.seq, why="it has another seal than the one that was noted: the chain was made anew"
            )
        if fault is not None:
            yield fault
            return
        before = Anchor(seq=row.seq, seal=row.seal, at=row.at)
    if last is not None and (last.seq, last.seal) != (before.seq, before.seal):
        why = f"the newest lines are gone: the chain ends at place {before.seq}, and once reached {last.seq}"
        yield Fault(line=None, seq=before.seq + 1, why=why)
    elif known is not None and known[0] > before.seq:
        why = f"the newest lines are gone: place {known[0]} was noted, and the chain ends at {before.seq}"
        yield Fault(line=None, seq=before.seq + 1, why=why)


def forget(c: Connection, older: datetime, most: int) -> int:
    """Let go of up to `most` of the oldest lines, those from before `older`; how many. The anchor takes the last one's seal."""
    first = anchor(c, FIRST) or Anchor(seq=0, seal="", at=older)
    whole = select(_a.c.seq, _a.c.seal, _a.c.at).where(_a.c.seq > first.seq).order_by(_a.c.seq).limit(most)
    gone: Anchor | None = None
    for row in c.execute(whole):
        if row.at >= older:
            break
        gone = Anchor(seq=row.seq, seal=row.seal, at=row.at)
    if gone is None:
        return 0
    _move(c, FIRST, gone)
    return c.execute(delete(_a).where(_a.c.seq > 0, _a.c.seq <= gone.seq)).rowcount


def forget_keys(c: Connection, older: datetime, most: int) -> int:
    """Forget up to `most` idempotency keys from before `older`; how many."""
    some = select(_a.c.id).where(_a.c.key.is_not(None), _a.c.at < older).order_by(_a.c.id).limit(most)
    return c.execute(update(_a).where(_a.c.id.in_(some.scalar_subquery())).values(key=None)).rowcount


def replace_text(c: Connection, line: int, *, who: str, account: str, command: str, result: str, now: datetime) -> None:
    """Put other text in the place of a line's, because a person's data was erased. Its digest and seal stay."""
    text = {"who": who, "account": account, "command": command, "result": result}
    c.execute(update(_a).where(_a.c.id == line).values(**text, key=None, salt="", erased_at=now))


def unsealed(c: Connection, most: int = PIECE) -> int:
    """How many lines of older versions wait to be sealed; at most `most` are counted."""
    return len(c.execute(select(_a.c.id).where(_a.c.seq == 0).limit(most)).all())


def _last(c: Connection, now: datetime) -> Anchor:
    """The newest line's place and seal, locked until the transaction ends."""
    return _locked(c, LAST, now)


def _locked(c: Connection, name: str, now: datetime) -> Anchor:
    locked = select(_f).where(_f.c.name == name).with_for_update()
    row = c.execute(locked).one_or_none()
    if row is None:
        c.execute(upsert(c, _f).values(name=name, seq=0, seal="", at=now).on_conflict_do_nothing())
        row = c.execute(locked).one()
    return Anchor(seq=row.seq, seal=row.seal, at=row.at)


def _move(c: Connection, name: str, to: Anchor) -> None:
    row = {"seq": to.seq, "seal": to.seal, "at": to.at}
    c.execute(upsert(c, _f).values(name=name, **row).on_conflict_do_update(index_elements=["name"], set_=row))


def _lines(c: Connection, after: int) -> Iterator[Row[Any]]:
    while piece := c.execute(select(_a).where(_a.c.seq > after).order_by(_a.c.seq, _a.c.id).limit(PIECE)).all():
        yield from piece
        after = piece[-1].seq


def _fault(before: Anchor, row: Row[Any]) -> Fault | None:
    if row.seq != before.seq + 1:
        return Fault(
            line=None, seq=before.seq + 1, why=f"line {row.id} follows at place {row.seq}: lines before it are missing"
        )
    if row.seal != seal_of(before.seal, row.seq, row.digest):
        return Fault(line=row.id, seq=row.seq, why="its seal is not that of its digest and of the line before")
    if row.erased_at is None and row.digest != digest_of(row.salt, row.at, row.who, row.account, row.command, row.result):
        return Fault(line=row.id, seq=row.seq, why="its text is not the one that was sealed")
    return None
