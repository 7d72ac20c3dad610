"""What is learned of a delivery after it was sent: late proof that it arrived, and that it came back.

Belongs here: finding the row that a provider speaks of, and moving it forward. Does not belong here: whether a provider's
word is genuine (exchange/, serve/), what a person says (ledger.py). Whatever comes twice, late or out of order changes nothing
more: a row only moves forward (F32).
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from sentinel.model.delivery import State
from sentinel.store import tables
from sentinel.store.ledger import IS_UNPROVEN, ask_again_for

_d = tables.delivery
_LONGEST_WHY: Final = 500


def by_key(c: Connection, key: str) -> int | None:
    """The delivery whose key this is, as providers were given it."""
    subject, _, rest = key.partition("/")
    episode, _, rest = rest.partition("/")
    step, _, person = rest.partition("/")
    if not (episode.isascii() and episode.isdigit() and len(episode) < 10 and person):
        return None
    mine = (_d.c.subject == subject, _d.c.episode == int(episode), _d.c.step == step, _d.c.person == person)
    return c.execute(select(_d.c.id).where(*mine)).scalar_one_or_none()


def by_ref(c: Connection, channel: str, ref: str) -> int | None:
    """The last delivery by `channel` to which its provider gave this id."""
    if not ref:
        return None
    mine = (_d.c.ref == ref, _d.c.ref != "", _d.c.channel == channel)
    return c.execute(select(_d.c.id).where(*mine).order_by(_d.c.id.desc()).limit(1)).scalar_one_or_none()


def prove(c: Connection, delivery: int, now: datetime) -> bool:
    """The provider says that it has it. False: nothing about it was in doubt."""
    proven = update(_d).where(_d.c.id == delivery, IS_UNPROVEN)
    changed = c.execute(proven.values(state=State.ACCEPTED.value, settled_at=now, lease_until=None)).rowcount
    if changed:
        ask_again_for(c, [delivery])
    return bool(changed)


def bounce(c: Connection, delivery: int, why: str, now: datetime) -> bool:
    """It was taken and came back. One in doubt is thereby known to have been taken. False: known already, or never sent."""
    prove(c, delivery, now)
    mine = (_d.c.id == delivery, _d.c.state == State.ACCEPTED.value, _d.c.bounced_at.is_(None))
    plain = "".join(each if each.isprintable() else " " for each in why)[:_LONGEST_WHY]
    return bool(c.execute(update(_d).where(*mine).values(bounced_at=now, bounce_why=plain)).rowcount)
