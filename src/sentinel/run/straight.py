"""Straight: a word to staff by the first of their channels that takes it, without a ledger.

Belongs here: asking one channel after the other, and in which order. Does not belong here: what is said and when
(ownherald.py), the messages of incidents, which the ledger owes (sender.py).
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Final, TypeAlias

from sentinel.model.delivery import Accepted
from sentinel.model.installation import Installation
from sentinel.model.message import StaffNote
from sentinel.run.outlet import Opener

TELL_WITHIN: Final = 20.0
"""Seconds that one channel has for taking the word."""
Connect: TypeAlias = Callable[[Installation], Mapping[str, Opener]]
"""How the channels of an installation are reached."""

log = logging.getLogger(__name__)


def channels(house: Installation) -> tuple[str, ...]:
    """Those that any staff read, in the order of the files."""
    return tuple(dict.fromkeys(channel for service in house.services.values() for channel in service.staff))


async def by_first(openers: Mapping[str, Opener], names: Iterable[str], note: StaffNote, last: Collection[str] = ()) -> str:
    """The channel that took it, empty if none did. Those of `last` are tried after all others."""
    for name in sorted(names, key=lambda name: name in last):
        why = await sent(openers[name], note) if name in openers else "it is gone"
        if not why:
            return name
        log.warning("%s did not take the word %s: %s", name, note.key, why)
    return ""


async def sent(opener: Opener, note: StaffNote) -> str:
    """Why the channel did not take it; empty if it did."""
    connection = opener()
    try:
        async with asyncio.timeout(TELL_WITHIN):
            outcome = await connection.send(note, _at_once)
    except Exception as error:  # noqa: BLE001 - the boundary of this word: the next channel is tried
        return type(error).__name__
    finally:
        with suppress(Exception):
            await connection.close()
    return "" if isinstance(outcome, Accepted) else str(getattr(outcome, "reason", "it did not say"))


async def _at_once() -> bool:
    return True
