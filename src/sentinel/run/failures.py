"""What people do about deliveries that failed: many at once, and channels that were broken. (One at a time: orders.py.)"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.model.command import Done, Mend, Refused, Result, ReviveAll
from sentinel.model.delivery import State
from sentinel.model.installation import Installation
from sentinel.run.world import World
from sentinel.store import books, broken, ledger, notices

REVIVED_MOST: Final = 10_000
"""Rows that one command revives: more are revived by asking again."""


def revive_all(c: Connection, world: World, command: ReviveAll, who: str, now: datetime) -> Result:
    """Give all dead rows of a notice another round of tries, if they are as many as was typed."""
    notice = notices.one(c, command.notice)
    if notice is None:
        return Refused(code="unknown", why=f"There is no message {command.notice}.")
    there = books.how_many(c, notice.id, State.DEAD)
    if there != command.count:
        return Refused(
            code="count", why=f"{there} deliveries of message {notice.id} are dead, not {command.count}. Look again."
        )
    revived = ledger.revive_all(c, notice.id, REVIVED_MOST, now)
    rest = f" {there - revived} are left: ask again." if revived < there else ""
    return Done(incident=notice.incident or None, notice=notice.id, said=f"{revived} are tried once more.{rest}")


def mend(c: Connection, world: World, command: Mend, who: str, now: datetime) -> Result:
    """A person says that a channel, or one address, works again."""
    if not broken.mend(c, command.channel, command.address, now):
        what = "That address is" if command.address else f"{command.channel!r} is"
        return Refused(code="unknown", why=f"{what} not broken, as far as we know.")
    return Done(said=f"{command.channel} is used again. If its provider still refuses us, you are told once more.")


def mend_altered(c: Connection, before: Installation | None, after: Installation, now: datetime) -> list[str]:
    """Channels that the files have altered are tried again, and at a start (`before` None) all of them; their names."""
    there = [each.channel for each in broken.standing(c)]
    tried = [name for name in there if before is None or before.channels.get(name) != after.channels.get(name)]
    return [name for name in tried if broken.mend(c, name, "", now)]
