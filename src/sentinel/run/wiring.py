"""The one composition root: plain calls that put the hub together. Importing it does nothing."""

import logging
import os
import random
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sentinel.detect.watch import Detector, fit
from sentinel.estimate.rehearse import experience
from sentinel.exchange import history
from sentinel.model.delivery import Lane
from sentinel.model.guard import networks
from sentinel.model.installation import Installation
from sentinel.notify.lexicon import Lexicon
from sentinel.run import allowed, configured, heartbeat, keeping, learning, listening, unwatched
from sentinel.run.clock import Clock, WallClock
from sentinel.run.contents import StoredContents
from sentinel.run.engine.embedded import Embedded
from sentinel.run.engine.port import Engine
from sentinel.run.failures import mend_altered
from sentinel.run.files import digest, open_installation, trace_of, traces
from sentinel.run.hub import Hub
from sentinel.run.kinds import FoundKinds
from sentinel.run.presence import DEAD_AFTER, Presence, oneself
from sentinel.run.probers import Probers
from sentinel.run.reads import Reads
from sentinel.run.reload import Files
from sentinel.run.sender import LEASE, Sender, callbacks_of, openers
from sentinel.run.sight import canary_checks
from sentinel.run.templates import proofread, templates_of
from sentinel.run.worker import NotShared, Worker
from sentinel.run.world import Lived, World
from sentinel.store import installations, ledger, processes
from sentinel.store.database import Store
from sentinel.store.schema import StoreBusy

T = TypeVar("T")
STAFF_CONNECTIONS: Final = 2
CUSTOMER_CONNECTIONS: Final = 4
CONNECTIONS: Final[Mapping[Lane, int]] = {
    Lane.STAFF: STAFF_CONNECTIONS,
    Lane.CUSTOMERS: CUSTOMER_CONNECTIONS,
    Lane.CONFIRMATIONS: 1,
    Lane.HOUSEKEEPING: 1,
}
"""Connections that each channel has on each lane. Lanes never share them."""
LEASE_SHARED: Final = timedelta(seconds=20)
"""Where others can take over they do so soon: what a dead process held goes to them after this. (Alone, a start does it.)"""
START_SECONDS: Final = 30.0
"""How long a start waits for a store that others hold."""
STOP_SECONDS: Final = 6.0
"""How long a stop waits for messages that are armed: whole processes end within 10 s."""
KEY_BYTES: Final = 32

log = logging.getLogger(__name__)


def make_world(
    installation: Installation,
    kinds: FoundKinds,
    unsubscribe_key: bytes,
    own: Lived | None = None,
    clock: Clock | None = None,
) -> World:
    """Everything made ready of an installation. Raises ConfigError for templates that cannot be used. `own`: what this process
    has learned of its own past."""
    known = history.read(installation.history).incidents if installation.history else ()
    imported = experience(known, installation.estimate, (clock or WallClock()).now())
    detectors: dict[str, Detector] = {name: kinds.module("detect", name) for name in kinds.names("detect")}
    titles = {name: service.title for name, service in installation.services.items()}
    fitted = {name: fit(check, detectors) for name, check in installation.checks.items()}
    lived = own or Lived()
    lived.joined(imported)
    return World(
        installation=installation,
        detectors=fitted,
        canaries=canary_checks(installation, fitted),
        templates=templates_of(installation),
        lexicon=Lexicon(statements=tuple(installation.statements.values()), titles=titles),
        imported=imported,
        own=lived,
        unsubscribe_key=unsubscribe_key,
        pings=heartbeat.by_hash(installation),
        callbacks={name: made for name, one in installation.channels.items() if (made := callbacks_of(one, kinds))},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """What a hub and a worker are both made of."""

    world: World
    store: Store
    clock: Clock
    engine: Engine
    files: Files
    senders: Mapping[Lane, Sender]


def make_hub(config: Path) -> Hub:
    """The hub of the sentinel.yaml at `config`, with its store open (and locked, if it is SQLite).

    Raises ConfigError, StoreTaken, StoreAway, StoreTooOld, StoreTooNew.
    """
    parts = _make_parts(config, tuple(Lane))
    installation, now = parts.world.installation, parts.clock.now()
    _listen_anew(parts.store, now)
    nobody = "" if parts.store.shared else None

    def take_up(c: Connection) -> None:
        installations.guard(c)  # what another hub's round has just cleared is not to be written over
        unwatched.forget(c, parts.world, nobody, now)
        allowed.lift(c, parts.world)

    patiently(lambda: parts.store.writer.submit(take_up).result())
    hub: Hub
    prober = Probers(
        place=installation.place,
        guard=installation.guard,
        checks=parts.world.probed,
        on_batch=lambda batch: hub.take(batch),
        lives_in=FoundKinds().lives_in,
    )
    me = oneself("serve", place=installation.place, lanes=parts.senders, name=_fresh_name(), now=now)
    presence = Presence(parts.store, parts.clock, me, changed=lambda: hub.probe())
    hub = Hub(parts.world, parts.store, parts.clock, parts.engine, prober, parts.senders, parts.files, presence)
    return hub


def _listen_anew(store: Store, now: datetime) -> None:
    """Nobody heard a ping or an agent while no hub lived."""

    def alone(c: Connection) -> bool:
        return not any(one.kind == "serve" for one in processes.living(c, now, DEAD_AFTER))

    if not store.shared or store.read(alone):
        patiently(lambda: store.writer.submit(listening.begin).result())


def make_worker(config: Path, lanes: Collection[Lane]) -> Worker:
    """A worker on `lanes` of the sentinel.yaml at `config`. Raises what `make_hub` raises, and NotShared."""
    parts = _make_parts(config, lanes, shared=True)
    me = oneself("worker", lanes=parts.senders, name=_fresh_name(), now=parts.clock.now())
    presence = Presence(parts.store, parts.clock, me)
    house = Reads(parts.world, parts.store, parts.clock)
    return Worker(house, parts.engine, parts.senders, parts.files, presence)


def _make_parts(config: Path, lanes: Collection[Lane], *, shared: bool = False) -> _Parts:
    """`shared`: it must be a store that others may use at the same time."""
    kinds, clock = FoundKinds(), WallClock()
    seen = traces(config)
    edit, installation = digest(config), open_installation(config, kinds, proofread)
    seen |= trace_of(installation.history) | trace_of(installation.modules_file)
    if shared and installation.database is None:
        raise NotShared(f"{config}: a worker needs a database that many may use: write `database:` (PostgreSQL) into it")
    store = patiently(lambda: open_store(installation))
    key = unsubscribe_key(store)
    own = Lived()
    world = replace(make_world(installation, kinds, key, own, clock), digest=edit)
    patiently(lambda: learning.look(world, store, clock.now()))
    patiently(lambda: keeping.begin(store, key, clock.now()))
    patiently(lambda: store.writer.submit(lambda c: configured.note(c, edit, "found at the start", clock.now())).result())
    if not store.shared:  # we hold the lock: whatever was claimed or armed belonged to a process that is gone
        patiently(lambda: store.writer.submit(lambda c: ledger.recover(c, clock.now())).result())
    if not shared:  # a worker that begins again and again must not hammer what refused us for good
        patiently(lambda: store.writer.submit(lambda c: mend_altered(c, None, installation, clock.now())).result())
    files = Files(
        config=config,
        kinds=kinds,
        make=lambda read: make_world(read, kinds, key, own, clock),
        connect=lambda read: openers(read.channels, kinds, key, clock.now, networks(read.guard.allow), read.drill, read.url),
        traces=seen,
    )
    channels, contents = files.connect(installation), StoredContents(store)
    lease = LEASE_SHARED if store.shared else LEASE
    dice = random.SystemRandom()
    senders = {
        lane: Sender(lane, store, channels, contents, clock.now, CONNECTIONS[lane], dice, lease=lease, stop_within=STOP_SECONDS)
        for lane in Lane
        if lane in lanes
    }
    return _Parts(world=world, store=store, clock=clock, engine=make_engine(store), files=files, senders=senders)


def patiently(begin: Callable[[], T]) -> T:
    """What `begin` gives. Others may be in the middle of a long round: that is no reason for not starting. Raises StoreBusy."""
    until = monotonic() + START_SECONDS
    while True:
        try:
            return begin()
        except StoreBusy as why:
            if monotonic() > until:
                raise
            log.warning("waiting for the store: %s", why)


def make_engine(store: Store) -> Engine:
    """What carries wake-ups: procrastinate where many share the store, an event in this process where nobody else is there."""
    dice = random.SystemRandom()
    if not store.shared:
        return Embedded(store.engine, dice)
    # Slow to import, and an extra: only who has PostgreSQL pays for it.
    postgres = import_module("sentinel.run.engine.postgres")
    try:
        postgres.prepare(store.engine)
    except DBAPIError as error:
        # Without the right to make a schema the poll does it all, a second later.
        log.warning("wake-ups do not travel between processes: their tables cannot be made (%s)", type(error.orig).__name__)
        return Embedded(store.engine, dice)
    engine: Engine = postgres.Postgres(store.engine, dice)
    return engine


def _fresh_name() -> str:
    return secrets.token_hex(8)


def open_store(installation: Installation) -> Store:
    """The store of an installation. Raises StoreTaken, StoreAway, StoreTooOld, StoreTooNew."""
    database = "" if installation.database is None else installation.database.reveal()
    return Store.open(Path(installation.store), database)


def unsubscribe_key(store: Store) -> bytes:
    """The key that signs unsubscribe tokens, made once: kept beside a SQLite store, and in a database that many share."""
    if store.shared:
        return store.writer.submit(lambda c: installations.key_of(c, secrets.token_bytes(KEY_BYTES))).result()
    path = Path(f"{store.path}.key")
    if not path.exists():
        fresh = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fresh, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()
