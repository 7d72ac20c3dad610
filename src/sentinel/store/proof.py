"""What is learned of a delivery after it was sent: late proof that it arrived, and that it came back.

Belongs here: moving rows forward. Does not belong here: whether a provider's word is genuine (exchange/, serve/), which row it
speaks of and what else follows (returns.py), what a person says (ledger.py). Whatever comes twice, late or out of order changes
nothing more: a row only moves forward (F32).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, or_, update

from sentinel.model.delivery import State
from sentinel.store import tables
from sentinel.store.ledger import IS_UNPROVEN, ask_again_for

_d = tables.delivery
_LONGEST_WHY: Final = 500
_LONGEST_KEY: Final = 300
_UNDER_WAY: Final = [State.QUEUED.value, State.CLAIMED.value, State.ARMED.value, State.RETRY.value, State.HELD.value]
_TRIED: Final = and_(_d.c.state.in_(_UNDER_WAY), _d.c.armed_at.is_not(None))
"""Armed now: the provider's report was faster than its reply, or than our writing that down. Or armed before, and to go again:
the reply said that nothing was taken, and the report knows better (P3). What a sender finds out later changes nothing more."""


def parts(key: str) -> tuple[str, int, str, str] | None:
    """Subject, episode, step and person of a key; None if it is none of ours."""
    subject, _, rest = key[:_LONGEST_KEY].partition("/")
    episode, _, rest = rest.partition("/")
    step, _, person = rest.partition("/")
    if not (episode.isascii() and episode.isdigit() and len(episode) < 10 and person and key.isprintable()):
        return None
    return subject, int(episode), step, person


def prove_all(c: Connection, deliveries: Sequence[int], now: datetime) -> frozenset[int]:
    """Their provider says that it has them; those of whom it was not known."""
    if not deliveries:
        return frozenset()
    proven = update(_d).where(_d.c.id.in_(deliveries), or_(IS_UNPROVEN, _TRIED)).returning(_d.c.id)
    values = {"state": State.ACCEPTED.value, "settled_at": now, "lease_until": None}
    changed = frozenset(c.execute(proven.values(**values)).scalars())
    if changed:
        ask_again_for(c, sorted(changed))
    return changed


_BOUNCE: Final = (
    update(_d)
    .where(_d.c.id == bindparam("of_id"), _d.c.state == State.ACCEPTED.value, _d.c.bounced_at.is_(None))
    .values(bounced_at=bindparam("at", type_=_d.c.bounced_at.type), bounce_why=bindparam("said"))
)


def bounce_all(c: Connection, why: Mapping[int, str], now: datetime) -> int:
    """Accepted deliveries came back, each for its reason; of how many that was not known."""
    rows = [{"of_id": each, "at": now, "said": plain(said)} for each, said in sorted(why.items())]
    return c.execute(_BOUNCE, rows).rowcount if rows else 0


def plain(text: str) -> str:
    """Somebody else's words as one line of characters that every database can hold."""
    return "".join(each if each.isprintable() else " " for each in text)[:_LONGEST_WHY]
