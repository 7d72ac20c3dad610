"""Taking a person's data out on request: the command, and what follows its commit.

Belongs here: who is meant, what is said of it, the erasure list at a start, and that the database file holds nothing of them
any more. Does not belong here: the rows (store/traces.py), the list (store/erasure.py).
"""

import hmac
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from sentinel.directory.customer import mail
from sentinel.model.command import Command, CountContacts, Done, Erase, Refused, Result
from sentinel.model.person import Admitted, Found, Person, Reason
from sentinel.run import contacts, subscribers
from sentinel.run.world import World
from sentinel.store import erasure, keys, redact, traces, wipe
from sentinel.store.database import Store
from sentinel.store.erasure import Erasure
from sentinel.store.redact import Whom
from sentinel.store.traces import Taken

LONGEST = 320

_FINISHING: Final = Lock()
"""One at a time: what is owed for the first must not be settled by the end of the second."""

log = logging.getLogger(__name__)


def as_written(key: bytes, command: Command) -> Command:
    """A command as the audit keeps it: that somebody was erased, not who; that somebody called, not who and how often."""
    if isinstance(command, CountContacts):
        seal = hmac.new(key, repr(command.counts).encode(), "sha256").hexdigest()[:32]
        return replace(command, counts=(), sealed=f"{len(command.counts)}:{seal}")
    if not isinstance(command, Erase):
        return command
    whom = _asked(command)
    address = f"{erasure.ERASED}{erasure.mark_of_address(key, command.address.strip())[:32]}" if command.address.strip() else ""
    person = erasure.stand_in(key, command.person.strip()) if command.person.strip() else ""
    return replace(command, person=person, address=address, why=redact.scrubber(whom.addresses)(command.why))


def erase(c: Connection, key: bytes, command: Erase, who: str, now: datetime) -> tuple[Result, Whom]:
    """Take somebody out for good; who that was. `key`: the installation's. Twice does no harm."""
    person, address = command.person.strip(), command.address.strip()
    if not person and not address:
        return Refused(code="invalid", why="Say who: their id in the directory, an address of theirs, or both."), Whom()
    if max(len(person), len(address)) > LONGEST or person.startswith((erasure.ERASED, "channel:")):
        return Refused(code="invalid", why=f"An id or an address has {LONGEST} letters at most, and is a customer's."), Whom()
    whom = traces.find(c, person, address, made_of)
    if traces.being_sent(c, whom):
        why = "A message to them is being handed over at this very moment. Try again in a minute: nothing was changed."
        return Refused(code="being_sent", why=why), Whom()
    erasure.add(c, (Erasure(mark=mark, at=now, by=who) for mark in traces.marks(key, whom)))
    return Done(said=_said(traces.take_out(c, whom, key, now), whom)), whom


def made_of(address: str) -> tuple[str, ...]:
    """The ids that an address gives: of a subscriber, and of somebody whom the desk told and no directory names."""
    plain = mail(address)
    return (subscribers.person_of(plain), contacts.person_of(plain))


def _asked(command: Erase) -> Whom:
    return Whom(persons=frozenset({command.person.strip()} - {""}), addresses=frozenset({command.address.strip()} - {""}))


def _said(taken: Taken, whom: Whom) -> str:
    counted = {
        "delivery|deliveries": taken.deliveries,
        "place in an audience|places in audiences": taken.snapshots,
        "subscription|subscriptions": taken.subscriptions,
        "line of the audit|lines of the audit": taken.lines,
        "contact|contacts": taken.contacts,
        "text|texts": taken.texts,
    }
    parts = [f"{n} {what.split('|')[n != 1]}" for what, n in counted.items() if n]
    said = [f"Erased from {', '.join(parts)}." if parts else "Nothing of them stands here (any more)."]
    said.append("They are on the erasure list: nothing is sent to them again.")
    if whom.shared:
        many = "another customer has" if whom.shared == 1 else f"{whom.shared} other customers have"
        said.append(f"Of their addresses {many} one too, and keeps it: erase by --address to take it from everybody.")
    if taken.mentioned:
        where = ", ".join(str(number) for number in taken.mentioned)
        said.append(f"Their name may stand in what people wrote in the timeline of incident {where}: read it.")
    return " ".join(said)


def among(store: Store, people: Sequence[Found]) -> Mapping[str, Admitted]:
    """Those of a piece of an audience who were erased, as a snapshot keeps them: without id, name and address. A source that
    names them still is not asked to forget them here."""
    key = None if store.read(erasure.is_empty) else keys.of(store)
    if key is None:
        return {}
    found = store.read(lambda c: erasure.among(c, key, {each.id: each.addresses.values() for each in people}))
    return {one: _left_out(erasure.stand_in(key, one)) for one in found}


def known_as(c: Connection, world: World, person: str) -> str:
    """The person, or their mark where they were erased: a link in an old message names them still."""
    key = world.unsubscribe_key
    return erasure.stand_in(key, person) if erasure.among(c, key, {person: ()}) else person


def _left_out(mark: str) -> Admitted:
    nobody = Person(id=mark, name="", channel="", address="", language="", zone="")
    return Admitted(person=nobody, reason=Reason.ERASED)


# After the commit


def finish(store: Store, whom: Whom, result: Result) -> Result:
    """What an erasure needs once it is on disk: the list beside the store, and a file that holds nothing of them. Blocks."""
    if whom.is_nobody or not isinstance(result, Done):
        return result
    with _FINISHING:
        if not store.shared:
            wipe.owe(store.path)
        keep_list(store)
        # An address that others keep may be found anywhere: then all that was deleted goes, whatever it was.
        if wipe.anew(store) if whom.shared else wipe.wipe(store, redact.needles(whom.addresses)):
            wipe.settled(store.path)
            return result
    left = "The database's file holds pieces of what was deleted still. VACUUM it while the hub is stopped."
    return replace(result, said=f"{result.said} {left}")


def keep_list(store: Store) -> None:
    """Write the erasure list beside the store, where a copy that is put back does not reach it."""
    there = {each.mark: each for each in erasure.read_beside(store.path)}
    here = {each.mark: each for each in store.read(erasure.every)}
    if here.keys() - there.keys():
        both = there | here
        erasure.write_beside(store.path, sorted(both.values(), key=lambda each: (each.at, each.mark)))


# At a start


def replay(store: Store, key: bytes, now: datetime) -> int:
    """Take out again whoever stands on the list beside the store and not on the store's own: that was put back from an older
    copy. How many marks that were. Nothing may be served before. An erasure that a kill cut short is finished here."""
    beside = erasure.read_beside(store.path)
    missing = store.read(lambda c: [each for each in beside if each.mark not in erasure.listed(c, [each.mark])])
    unlisted = {each.mark for each in store.read(erasure.every)} - {each.mark for each in beside}
    owed = not store.shared and (wipe.is_owed(store.path) or bool(missing) or bool(unlisted))
    if missing:
        store.writer.submit(lambda c: replay_list(c, key, missing, now)).result()
        log.warning("%d marks of the erasure list were missing in the store: whom they name was erased again", len(missing))
    if owed:
        wipe.owe(store.path)
    keep_list(store)
    if owed and wipe.anew(store):
        wipe.settled(store.path)
    return len(missing)


def replay_list(c: Connection, key: bytes, missing: Iterable[Erasure], now: datetime) -> Taken:
    """Put marks on the list and take out whom they name, in the caller's transaction."""
    erasures = list(missing)
    erasure.add(c, erasures)
    whom = traces.listed(c, key, frozenset(each.mark for each in erasures))
    # As of their own erasure: `verify` asks of every line that counts as erased who was erased then.
    return traces.take_out(c, whom, key, max((each.at for each in erasures), default=now))
