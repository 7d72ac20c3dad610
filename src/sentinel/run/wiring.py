"""The one composition root: plain calls that put the hub together. Importing it does nothing."""

import os
import random
import secrets
from pathlib import Path

from sentinel.detect.watch import Detector, fit
from sentinel.exchange import history
from sentinel.model.delivery import Lane
from sentinel.model.installation import Installation
from sentinel.notify.lexicon import Lexicon
from sentinel.run.clock import WallClock
from sentinel.run.contents import StoredContents
from sentinel.run.files import open_installation, trace_of, traces
from sentinel.run.hub import Hub
from sentinel.run.kinds import FoundKinds
from sentinel.run.prober import Prober
from sentinel.run.reload import Files
from sentinel.run.sender import Sender, openers
from sentinel.run.templates import proofread, templates_of
from sentinel.run.world import World
from sentinel.store import ledger, watching
from sentinel.store.database import Store

STAFF_CONNECTIONS = 2
CUSTOMER_CONNECTIONS = 4


def make_world(installation: Installation, kinds: FoundKinds, unsubscribe_key: bytes) -> World:
    """Everything made ready of an installation. Raises ConfigError for templates that cannot be used."""
    detectors: dict[str, Detector] = {name: kinds.module("detect", name) for name in kinds.names("detect")}
    titles = {name: service.title for name, service in installation.services.items()}
    return World(
        installation=installation,
        detectors={name: fit(check, detectors) for name, check in installation.checks.items()},
        templates=templates_of(installation),
        lexicon=Lexicon(statements=tuple(installation.statements.values()), titles=titles),
        history=() if installation.history is None else history.read(installation.history).incidents,
        unsubscribe_key=unsubscribe_key,
    )


def make_hub(config: Path) -> Hub:
    """The hub of the sentinel.yaml at `config`, with its store open and locked.

    Raises ConfigError, StoreTaken, StoreTooNew.
    """
    kinds, clock = FoundKinds(), WallClock()
    seen = traces(config)
    installation = open_installation(config, kinds, proofread)
    seen |= trace_of(installation.history)
    store = Store.open(Path(installation.store))
    key = _unsubscribe_key(store.path)
    world = make_world(installation, kinds, key)
    # Whatever was claimed or armed belonged to a process that is gone: we hold the lock.
    store.writer.submit(lambda c: ledger.recover(c, clock.now())).result()
    store.writer.submit(lambda c: watching.forget(c, world.watched, clock.now())).result()
    files = Files(
        config=config,
        kinds=kinds,
        make=lambda read: make_world(read, kinds, key),
        connect=lambda read: openers(read.channels, kinds, key, clock.now),
        traces=seen,
    )
    channels = files.connect(installation)
    contents = StoredContents(store)
    connections = {Lane.STAFF: STAFF_CONNECTIONS, Lane.CUSTOMERS: CUSTOMER_CONNECTIONS}
    senders = {
        lane: Sender(lane, store, channels, contents, clock.now, count, random.SystemRandom())
        for lane, count in connections.items()
    }
    hub: Hub
    prober = Prober(
        place=installation.place,
        guard=installation.guard,
        checks=tuple(installation.checks.values()),
        on_batch=lambda batch: hub.take(batch),
    )
    hub = Hub(world, store, clock, prober, senders, files)
    return hub


def _unsubscribe_key(store: Path) -> bytes:
    """The key that signs unsubscribe tokens, made once and kept beside the store."""
    path = Path(f"{store}.key")
    if not path.exists():
        fresh = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fresh, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()
