"""Staff hear of it on some channel: a brief that one channel did not take goes by another (P1).

Belongs here: which rows fall over and to where, which late ones are of no use any more, and the line that says how a brief
came. Does not belong here: when a channel is tried again (deliver/ledger.py), who is told in the first place (briefing.py).

All of it is a function of the stored rows: it is asked in every round, and asking twice changes nothing more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, or_, select, update

from sentinel.deliver.layout import instant
from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.installation import Installation
from sentinel.model.notice import NoticeState, Occasion, Towards
from sentinel.run.world import World
from sentinel.store import books, broken, rates, tables
from sentinel.store.upsert import upsert

_d, _n, _b = tables.delivery, tables.notice, tables.broken

PATIENCE: Final = timedelta(seconds=40)
"""How long a channel has for a brief before another one gets it too: so that somebody has it within 60 s."""
LATE: Final = timedelta(seconds=60)
"""A brief that leaves later says so."""
OLDEST: Final = timedelta(days=1)
MOST: Final = 500
AT_ONCE: Final = (State.REJECTED, State.DEAD, State.HELD)
TRYING: Final = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY)
LASTING: Final = (Occasion.WORDS, Occasion.PROMISE_DUE, Occasion.SECOND, Occasion.PAUSED)
"""What newer news does not make needless: a question to somebody, and the words that customers are about to read."""
SUPERSEDED: Final = "a newer brief of this went out before it"
_WAIT: Final = [state.value for state in (State.QUEUED, State.RETRY, State.HELD)]
_PERSON: Final = "channel:"
_Step: TypeAlias = tuple[str, int, str]
_LONGEST_WHY: Final = 160


def see_to(c: Connection, world: World, now: datetime) -> int:
    """Drop what is stale, and let what is stuck fall over; how many rows were made."""
    _drop_stale(c, now)
    stuck = c.execute(_stuck(), {"impatient": now - PATIENCE, "oldest": now - OLDEST}).all()
    if not stuck:
        return 0
    out = {each.channel for each in broken.standing(c)} | set(rates.resting(c, list(world.installation.channels), now))
    used = _taken(c, {row.subject for row in stuck})
    made = 0
    for row in stuck:
        taken = used.setdefault((row.subject, row.episode, row.step), set())
        channel = _next(world.installation, row.channel, taken, out)
        if channel:
            taken.add(channel)
            made += _stand_in(c, row, channel, now)
    return made


def order(installation: Installation, channel: str) -> tuple[str, ...]:
    """Where a brief goes that `channel` does not take: where its file says, then to every other channel that any staff read."""
    mine = installation.channels.get(channel)
    read = {name for service in installation.services.values() for name in service.staff}
    found = (*(mine.falls_over_to if mine else ()), *(name for name in installation.channels if name in read))
    return tuple(dict.fromkeys(name for name in found if name != channel and name in installation.channels))


def _next(installation: Installation, channel: str, used: set[str], out: set[str]) -> str:
    """The first that the notice has not gone by; one that is out of order only where there is no other."""
    left = [name for name in order(installation, channel) if name not in used]
    return next((name for name in left if name not in out), left[0] if left else "")


@cache
def _stuck() -> Select[Any]:
    """Rows that should be with staff by now and are not, and that nobody stands in for."""
    stand_in = tables.delivery.alias("stand_in")
    is_broken = exists().where(_b.c.channel == _d.c.channel, _b.c.address == "", _b.c.mended_at.is_(None))
    waits = or_(_d.c.made_at <= bindparam("impatient"), is_broken)
    return (
        select(_d)
        .join(_n, _n.c.id == _d.c.notice)
        .where(
            _d.c.lane == Lane.STAFF.value, _d.c.due_at > bindparam("oldest"), _d.c.person.startswith(_PERSON, autoescape=True)
        )
        .where(or_(_d.c.state.in_([s.value for s in AT_ONCE]), and_(_d.c.state.in_([s.value for s in TRYING]), waits)))
        .where(_n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None))
        .where(~exists().where(stand_in.c.notice == _d.c.notice, stand_in.c.instead_of == _d.c.id))
        .order_by(_d.c.id.desc())
        .limit(MOST)
    )


def _taken(c: Connection, subjects: set[str]) -> dict[_Step, set[str]]:
    """Step → the channels that have a row of it, by whichever draft: none can have a second one, so none is tried again."""
    found: dict[_Step, set[str]] = {}
    theirs = (_d.c.lane == Lane.STAFF.value, _d.c.subject.in_(sorted(subjects)))
    for row in c.execute(select(_d.c.subject, _d.c.episode, _d.c.step, _d.c.channel).where(*theirs)):
        found.setdefault((row.subject, row.episode, row.step), set()).add(row.channel)
    return found


def _used(c: Connection, notices: set[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {notice: set() for notice in notices}
    for row in c.execute(select(_d.c.notice, _d.c.channel).where(_d.c.notice.in_(sorted(notices)))):
        found[row.notice].add(row.channel)
    return found


def _stand_in(c: Connection, row: Row[Any], channel: str, now: datetime) -> int:
    same = {name: getattr(row, name) for name in ("notice", "lane", "subject", "episode", "step", "language", "zone")}
    where = {"channel": channel, "person": f"{_PERSON}{channel}", "name": channel, "address": f"{_PERSON}{channel}"}
    fresh = {"state": State.QUEUED.value, "due_at": now, "made_at": now, "instead_of": row.id}
    return c.execute(upsert(c, _d).values(**same, **where, **fresh).on_conflict_do_nothing()).rowcount


def _drop_stale(c: Connection, now: datetime) -> int:
    """Late briefs that a newer one of the same incident has overtaken: read after it, they would mislead."""
    ids = list(c.execute(_stale(), {"late": now - LATE}).scalars())
    if not ids:
        return 0
    values = {"state": State.CANCELLED.value, "settled_at": now, "lease_until": None, "detail": SUPERSEDED}
    return c.execute(update(_d).where(_d.c.id.in_(ids), _d.c.state.in_(_WAIT)).values(**values)).rowcount


@cache
def _stale() -> Select[int]:
    newer, theirs, ours = _n.alias("newer"), tables.delivery.alias("theirs"), tables.delivery.alias("ours")
    went_out = exists().where(
        newer.c.subject == _n.c.subject,
        newer.c.towards == Towards.STAFF.value,
        newer.c.id > _n.c.id,
        theirs.c.notice == newer.c.id,
        theirs.c.state == State.ACCEPTED.value,
    )
    was_heard = exists().where(ours.c.notice == _n.c.id, ours.c.state == State.ACCEPTED.value)
    is_news = or_(_n.c.occasion.not_in([each.value for each in LASTING]), was_heard)
    return (
        select(_d.c.id)
        .join(_n, _n.c.id == _d.c.notice)
        .where(_d.c.lane == Lane.STAFF.value, _d.c.state.in_(_WAIT), _d.c.made_at <= bindparam("late"))
        .where(is_news, went_out)
        .order_by(_d.c.id)
        .limit(MOST)
    )


# How it came


def is_odd(row: Delivery, now: datetime) -> bool:
    """Whether a brief comes late, or by another channel than it was meant for."""
    is_late = row.made_at is not None and now - row.made_at > LATE
    return row.lane is Lane.STAFF and (is_late or row.instead_of is not None)


def carried(c: Connection, row: Delivery, now: datetime) -> str:
    """The line that says so, for whoever reads it."""
    said = [_by_another(first)] if row.instead_of is not None and (first := books.delivery(c, row.instead_of)) else []
    if row.made_at is not None and now - row.made_at > LATE:
        said.append(f"Sent late: first tried {instant(row.made_at, row.zone or 'UTC')}.")
    return " ".join(said)


def _by_another(first: Delivery) -> str:
    since = "" if first.made_at is None else f", first tried {instant(first.made_at, first.zone or 'UTC')}"
    why = f": {first.detail[:_LONGEST_WHY]}" if first.detail else ""
    return f"{first.channel} did not take this{since}{why}."


# Whom nobody reached


@dataclass(frozen=True, kw_only=True, slots=True)
class Unheard:
    """A brief that no channel has taken: which incident (0: none), since when it waits, by which channels it was tried."""

    notice: int
    incident: int
    episode: int
    since: datetime
    channels: tuple[str, ...]


def unheard(c: Connection, now: datetime) -> tuple[Unheard, ...]:
    """Briefs of the last day that no channel has taken within 60 s, nor a newer one of the incident, the newest first. It is
    trouble of our own, shown on the board: somebody has to tell somebody."""
    taken, newer = tables.delivery.alias("taken"), _n.alias("newer")
    heard_since = exists().where(
        newer.c.subject == _n.c.subject,
        newer.c.towards == Towards.STAFF.value,
        newer.c.id > _n.c.id,
        taken.c.notice == newer.c.id,
        taken.c.state == State.ACCEPTED.value,
    )
    is_moot = and_(_n.c.occasion.not_in([each.value for each in LASTING]), heard_since)
    rows = c.execute(
        select(_n.c.id, _n.c.incident, _n.c.episode, _n.c.made_at)
        .where(_n.c.towards == Towards.STAFF.value, _n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None))
        .where(_n.c.made_at > now - OLDEST, _n.c.made_at <= now - LATE, _n.c.incident > 0)
        .where(~exists().where(taken.c.notice == _n.c.id, taken.c.state == State.ACCEPTED.value), ~is_moot)
        .where(exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([s.value for s in (*AT_ONCE, *TRYING)])))
        .order_by(_n.c.id.desc())
        .limit(20)
    ).all()
    return tuple(_unheard(c, rows))


def _unheard(c: Connection, rows: Sequence[Any]) -> Iterator[Unheard]:
    used = _used(c, {row.id for row in rows})
    for row in rows:
        tried = tuple(sorted(used[row.id]))
        yield Unheard(notice=row.id, incident=row.incident, episode=row.episode, since=row.made_at, channels=tried)
