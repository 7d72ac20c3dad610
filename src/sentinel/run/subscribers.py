"""People who asked to hear of trouble, beside the directory: putting them on the list and taking them off, by a person's word.

The link in a message does the same by their id (the store keeps it in `unsubscribed`, as it does for everybody else).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection

from sentinel.config.problem import nearest
from sentinel.directory.address import fault, has_invisible
from sentinel.directory.admit import spoken, zones
from sentinel.directory.customer import LONGEST_NAME, mail
from sentinel.model.command import Done, Refused, Result, Subscribe, Unsubscribe
from sentinel.model.person import Found, Purpose
from sentinel.run.world import World
from sentinel.store import erasure, notices
from sentinel.store import subscribers as kept
from sentinel.store.database import Store
from sentinel.store.subscribers import Subscriber

PIECE = 2_000
"""Subscribers read at once."""


def person_of(address: str) -> str:
    """Whose id an address gives: the same for the same address, and not the address."""
    return f"subscriber:{sha256(address.casefold().encode()).hexdigest()[:32]}"


def subscribe(c: Connection, world: World, command: Subscribe, who: str, now: datetime) -> Result:
    """Put somebody on the list, or change what they asked for."""
    address = mail(command.address.strip())
    refused = _refuse(world, command, address)
    if refused is not None:
        return refused
    person = person_of(address)
    if erasure.among(c, world.unsubscribe_key, {person: (address,)}):
        why = "Their data was erased, and nothing is sent to this address since. If they want it again, use another address."
        return Refused(code="erased", why=why)
    known = kept.one(c, person)
    kept.keep(
        c,
        Subscriber(
            person=person,
            address=address if known is None else known.address,
            name=command.name.strip(),
            language=spoken(command.language, world.installation.languages) or "",
            zone=command.zone,
            services=tuple(dict.fromkeys(command.services)),
            since=now if known is None else known.since,
        ),
    )
    of = ", ".join(command.services) or "all services"
    return Done(said=f"They hear of {of} from now on." if known is None else f"Changed: they hear of {of}.")


def _refuse(world: World, command: Subscribe, address: str) -> Refused | None:
    installation = world.installation
    wrong = fault(address)
    if wrong is not None:
        return Refused(code="invalid", why=f"The address cannot be used: {wrong[0]}; {wrong[1]}.")
    name = command.name.strip()
    if len(name) > LONGEST_NAME or has_invisible(name):
        return Refused(code="invalid", why=f"The name cannot be used: {LONGEST_NAME} plain letters at most.")
    if command.language and spoken(command.language, installation.languages) is None:
        why = f"Nothing is written in {command.language[:20]!r}. Choose one of {', '.join(installation.languages)}, or none."
        return Refused(code="invalid", why=why)
    if command.zone and command.zone not in zones():
        return Refused(code="invalid", why="There is no such time zone. Write one such as Europe/Madrid, or none.")
    telling = {name: service for name, service in installation.services.items() if service.audience}
    for each in command.services:
        if each not in telling:
            return Refused(code="unknown", why=f"Customers are not told of {each[:60]!r}; {nearest(each, telling)}")
    return None


def unsubscribe(c: Connection, world: World, command: Unsubscribe, who: str, now: datetime) -> Result:
    """Take somebody off the list. Of what they were told of already, they are still told the end."""
    person = person_of(mail(command.address.strip()))
    if not kept.remove(c, person):
        return Refused(code="unknown", why="Nobody has subscribed with this address. Look at how it is written.")
    notices.unsubscribe(c, person, now)
    return Done(said="They hear of no new trouble. Of what they were told of already, they are told the end.")


def read(store: Store, services: Sequence[str]) -> Iterator[Found]:
    """Everybody who asked for one of these services or for all, a piece at a time."""
    after = ""
    while piece := store.read(partial(kept.page, after=after, limit=PIECE)):
        after = piece[-1].person
        yield from (_found(each) for each in piece if not each.services or set(each.services) & set(services))


def _found(one: Subscriber) -> Found:
    """They asked for it, and that is their consent. They are written to by mail, and by the name they gave."""
    return Found(
        id=one.person,
        name=one.name or one.address.partition("@")[0],
        language=one.language,
        zone=one.zone,
        addresses={"email": one.address},
        consents=frozenset(Purpose),
        where="subscribers",
    )
