"""Signatures: who has consented to a draft so far. Where one person is not enough, the approval comes with the last one needed.

A signature is bound as an approval is: to the draft's hash, the snapshot and the number typed back. One that is bound to
something else than what lies there now counts for nothing; it is kept, because it was given.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from sentinel.store import tables

_s = tables.signature


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """`account`: what they signed in with (an e-mail address, `token:7`); `who`: their name."""

    notice: int
    account: str
    who: str
    at: datetime
    draft_hash: str
    snapshot: int | None
    counted: int


def keep(c: Connection, signature: Signature) -> None:
    c.execute(
        insert(_s).values(
            notice=signature.notice,
            account=signature.account[:320],
            who=signature.who[:200],
            at=signature.at,
            draft_hash=signature.draft_hash,
            snapshot=signature.snapshot,
            counted=signature.counted,
        )
    )


def of_draft(c: Connection, notice: int, draft_hash: str) -> list[Signature]:
    """Those under one version of a notice's words, in the order in which they were given."""
    mine = select(_s).where(_s.c.notice == notice, _s.c.draft_hash == draft_hash).order_by(_s.c.id)
    return [
        Signature(
            notice=row.notice,
            account=row.account,
            who=row.who,
            at=row.at,
            draft_hash=row.draft_hash,
            snapshot=row.snapshot,
            counted=row.counted,
        )
        for row in c.execute(mine)
    ]
