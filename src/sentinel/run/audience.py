"""Reading an audience: from its sources into a snapshot, in pieces, with no transaction held while they are read.

A source that cannot be read to its end leaves the snapshot incomplete, with the reason beside it: nothing of it can be
approved, and it is asked again, later each time.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Connection

from sentinel.directory import csv, sql
from sentinel.directory.admit import Admission, By, Rules, reached_by
from sentinel.directory.rows import RowError, Unread
from sentinel.model.audience import Audience, Question
from sentinel.model.incident import Incident
from sentinel.model.installation import Installation
from sentinel.model.person import Found, Purpose
from sentinel.model.service import Service
from sentinel.run import erasing, subscribers, timeline
from sentinel.run.first import First
from sentinel.store import broken, caps, notices, openings, readings, watching
from sentinel.store.database import Store
from sentinel.store.notices import Snapshot
from sentinel.store.readings import LEASE, Overtaken
from sentinel.store.trouble import StoreTrouble

T = TypeVar("T")
PIECE = 2000
"""People written in one transaction."""
FIRST_AGAIN = timedelta(seconds=5)
LAST_AGAIN = timedelta(minutes=5)
"""How long after a source could not be read it is asked again: twice as long each time, up to this."""
KEEP_SECONDS = LEASE.total_seconds() / 4
NO_ADDRESS = By(name="email", kind="email")
"""Stands for the channel where a service names none that has addresses."""

log = logging.getLogger(__name__)


def read_all(installation: Installation, store: Store, now: datetime) -> int:
    """Read every snapshot that is not complete and due; the answer is how many were completed.

    One that was broken off (the hub died, a source did) is begun again from nothing: it never mixes two answers.
    """
    waiting = [each for each in store.read(notices.incomplete_snapshots) if each.again_at is None or each.again_at <= now]
    return sum(_read(installation, store, snapshot, now) for snapshot in waiting)


def _read(installation: Installation, store: Store, snapshot: Snapshot, now: datetime) -> bool:
    """Whether one snapshot is complete now. A mistake of ours over one source must not keep all the others unread."""
    reading = _Reading.of(installation, store, snapshot, now)
    if not reading.take():
        return False  # another process reads it
    try:
        with reading.kept():
            return reading.read()
    except Overtaken:
        log.warning("the audience %s is being read by another process", snapshot.rule)
        return False
    except Exception as error:
        log.exception("the audience %s could not be read", snapshot.rule)
        reading.unread.append(f"{snapshot.rule}: a mistake of ours ({type(error).__name__}), see the log")
        reading.put_off()
        return False


def again_after(tries: int) -> timedelta:
    """How long a source is left alone after it could not be read for the `tries`th time."""
    return min(LAST_AGAIN, FIRST_AGAIN * (1 << min(tries - 1, 16)))


@dataclass(kw_only=True, slots=True)
class _Reading:
    """One pass over the sources of one snapshot's rule."""

    installation: Installation
    store: Store
    snapshot: Snapshot
    now: datetime
    incident: Incident
    names: Sequence[str]
    services: Sequence[Service]
    admission: Admission
    problems: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    first: First
    reader: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def of(cls, installation: Installation, store: Store, snapshot: Snapshot, now: datetime) -> "_Reading":
        names = snapshot.rule.removeprefix(notices.AUDIENCE).partition("#")[0].split("+")
        incident = store.read(lambda c: timeline.fold_of(c, int(snapshot.subject.rpartition(":")[2])))
        services = _services(installation, incident, names)
        by = _channels(installation, services) or (NO_ADDRESS,)
        return cls(
            installation=installation,
            store=store,
            snapshot=snapshot,
            now=now,
            incident=incident,
            names=names,
            services=services,
            admission=Admission(by=by, languages=installation.languages, zone=installation.zone),
            first=First(seed=f"snapshot:{snapshot.id}", size=installation.guards.first_batch),
        )

    def take(self) -> bool:
        """Whether the reading is ours: hubs and workers that share a store must not mix two answers in one snapshot."""
        shared = self.store.shared
        return self.store.writer.submit(
            lambda c: readings.take(c, self.snapshot.id, self.reader, self.now, shared=shared)
        ).result()

    @contextmanager
    def kept(self, every: float = KEEP_SECONDS) -> Iterator[None]:
        """Say meanwhile that it is ours: a source may take minutes before it has a piece for us, and whoever took it for
        abandoned would begin again, and be taken for abandoned in turn."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(every):
                with suppress(Overtaken, StoreTrouble):  # the next piece finds out
                    self._write(lambda c: None)

        keeping = threading.Thread(target=keep, name="keeping an audience", daemon=True)
        keeping.start()
        try:
            yield
        finally:
            over.set()
            keeping.join()

    def read(self) -> bool:
        """Whether the snapshot is complete now. Raises Overtaken."""
        while self._write(lambda c: notices.empty_snapshot(c, self.snapshot.id, PIECE)):
            pass
        gone = [name for name in self.names if name not in self.installation.audiences]
        if gone:  # nobody is no answer: with it the draft could be approved, and the audience would count as told
            self.unread.append(f"{gone[0]}: there is no such audience any more, write it into sentinel.yaml again")
            self.put_off()
            return False
        for source, (purpose, found) in enumerate(self._sources()):
            while piece := list(islice(found, PIECE)):
                self._keep(piece, purpose, source)
            if self.unread:
                self.put_off()
                return False
        notes = self.admission.notes()
        self._write(lambda c: notices.complete_snapshot(c, self.snapshot.id, self.problems, notes, self.first.persons()))
        return True

    def put_off(self) -> None:
        """Leave it incomplete, with the reason, to be asked again later."""
        tries = self.snapshot.tries + 1
        again_at = self.now + again_after(tries)
        self._write(lambda c: notices.put_off(c, self.snapshot.id, self.unread, tries, again_at))
        self.store.writer.submit(lambda c: readings.leave(c, self.snapshot.id, self.reader)).result()

    def _sources(self) -> Iterator[tuple[Purpose, Iterator[Found]]]:
        """The people of each audience of the rule, then those who subscribed to what is affected."""
        known = self.installation.audiences
        audiences = [known[name] for name in self.names if name in known]
        for one in audiences:
            yield one.purpose, self._people(self._rows(one))
        if any(one.subscribers for one in audiences):
            joined = [
                service.name for service in self.services if self.installation.audiences[str(service.audience)].subscribers
            ]
            yield Purpose.SUBSCRIPTIONS, subscribers.read(self.store, joined)

    def _rows(self, one: Audience) -> Iterator[Found | RowError | Unread]:
        if one.csv is not None:
            return csv.read(one.csv, one.segment)
        if one.sql is not None:
            return sql.read(one.sql, one.segment, self._question(), one.name)
        if one.http is not None:
            from sentinel.directory import http  # httpx is two megabytes: only who reads people from there pays for it

            return http.read(one.http, one.segment, self._question(), one.name)
        return iter(())

    def _question(self) -> Question:
        standing = {each.signal for each in self.incident.standing}
        raised = self.store.read(lambda c: watching.signals_since(c, self.incident.first_began_at))
        places = sorted({signal.place for signal in raised if signal.id in standing})
        services = tuple(service.name for service in self.services)
        return Question(began_at=self.incident.began_at, now=self.now, places=tuple(places), services=services)

    def _people(self, rows: Iterator[Found | RowError | Unread]) -> Iterator[Found]:
        """Those of one source; what is wrong with it and with its rows is kept."""
        for row in rows:
            if isinstance(row, Unread):
                self.unread.append(str(row))
                return
            if isinstance(row, RowError):
                self._problem(str(row))
            else:
                yield row

    def _problem(self, what: str) -> None:
        if len(self.problems) < notices.PROBLEMS_KEPT:
            self.problems.append(what)

    def _keep(self, piece: Sequence[Found], purpose: Purpose, source: int) -> None:
        """Who stands in another source too is in the snapshot already. Who stands in one twice is a mistake of it."""
        rules = self.store.read(lambda c: self._rules(c, piece, purpose))
        erased = erasing.among(self.store, piece)
        admitted = []
        for each in piece:
            one = self.admission.take(each, rules, source)
            if one is not None:
                admitted.append(erased.get(each.id) or one)
            elif self.admission.first_in(each) == source:
                self._problem(f"{each.where}: column person: this person stands on an earlier line too, keep one of the rows")
        self.first.see(admitted)
        self._write(lambda c: notices.keep_people(c, self.snapshot.id, admitted))

    def _rules(self, c: Connection, piece: Sequence[Found], purpose: Purpose) -> Rules:
        persons = [each.id for each in piece]
        told, taken = frozenset[str](), frozenset[str]()
        if "#" in self.snapshot.rule:
            reached = [(each, by) for each in piece if (by := reached_by(each, self.admission.by))]
            addresses = [each.addresses[by.kind] for each, by in reached]
            told, taken = openings.told_among(c, self.snapshot.subject, self.snapshot.episode, persons, addresses)
        return self.admission.rules(
            purpose,
            notices.unsubscribed_among(c, persons),
            told,
            taken,
            capped=self._capped(c, piece, persons),
            broken=self._broken(c, piece),
            reaches=None if self.installation.drill is None else self.installation.drill.reaches,
        )

    def _capped(self, c: Connection, piece: Sequence[Found], persons: Sequence[str]) -> frozenset[str]:
        addresses = [each.addresses[by.kind] for each in piece if (by := reached_by(each, self.admission.by))]
        people, taken = caps.capped_among(c, self.installation.guards, self.now, persons, addresses)
        return people | taken

    def _broken(self, c: Connection, piece: Sequence[Found]) -> frozenset[str]:
        by_channel: dict[str, list[str]] = {}
        for each in piece:
            if by := reached_by(each, self.admission.by):
                by_channel.setdefault(by.name, []).append(each.addresses[by.kind])
        return frozenset[str]().union(*(broken.is_broken(c, name, known) for name, known in by_channel.items()))

    def _write(self, work: Callable[[Connection], T]) -> T:
        """In one transaction with the proof that the reading is still ours."""

        def still_ours(c: Connection) -> T:
            readings.keep(c, self.snapshot.id, self.reader, self.now)
            return work(c)

        return self.store.writer.submit(still_ours).result()


def _services(installation: Installation, incident: Incident, names: Sequence[str]) -> tuple[Service, ...]:
    """The services that customers feel it on, of those who have one of these audiences."""
    having = [service for service in installation.services.values() if service.audience in names]
    felt = {each.service for each in incident.felt}
    return tuple(service for service in having if service.name in felt) or tuple(having)


def _channels(installation: Installation, services: Sequence[Service]) -> tuple[By, ...]:
    """The channels of these services, each once, in their order."""
    named = dict.fromkeys(name for service in services for name in service.by)
    known = installation.channels
    # A provider's API writes to whichever address its options name; every other kind to that of its own name.
    kinds = {name: getattr(known[name].options, "reaches", known[name].kind) for name in named if name in known}
    return tuple(By(name=name, kind=kind) for name, kind in kinds.items())
