"""PostgreSQL: the engine, its limits, and how a store that was put back from a copy is known.

Every limit is set on the session, so that a hub that is paused or cut off holds nobody else up: the server ends a transaction
that has stood idle, and with it the locks that it held.
"""

import json
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, literal_column, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from sentinel.store import tables
from sentinel.store.seen import Seen
from sentinel.store.sqlite import put
from sentinel.store.trouble import StoreAway

LIMITS: Final = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    # Of the server towards us: where a machine was cut off in the middle of what it was saying, no other limit runs, and what
    # it had locked would stay so for the two hours that the system gives a silent peer.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
    "client_min_messages": "warning",
    "timezone": "UTC",
}
CONNECT_SECONDS: Final = 5
MAKING: Final = 0x53454E54
"""The advisory lock of whoever makes or alters tables: two hubs may start at once."""

OLDER: Final = "older than one of its hubs has seen"
"""Stands for where a store lies that was put back over itself."""

_DURABLE: Final = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'"
_GROWN: Final = (
    "select relname from pg_class where oid in (to_regclass('delivery'), to_regclass('snapshot_person'))"
    " and pg_relation_size(oid) > 2 * 8192 * greatest(relpages, 16) order by relname"
)
_HERE: Final = (
    "select s.system_identifier || '/' || c.timeline_id || '/' || d.oid"
    " from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database()"
)


def address_of(written: str) -> URL:
    """The URL as users write it (`postgresql://user@host/name`), with the driver that we use."""
    return make_url(written).set(drivername="postgresql+psycopg")


def open_engine(written: str) -> Engine:
    """An engine whose sessions have the limits above. A connection that broke is found out before it is used."""
    _say_which_rows()
    options = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    engine = create_engine(
        address_of(written),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=4,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "options": options,
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            "application_name": "sentinel",
        },
        hide_parameters=True,  # an error in a log must not hold an address
        execution_options={"preserve_rowcount": True},  # of an INSERT too, whichever way it is carried out
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.adapters.register_dumper(str, _without_nul())
        # A server that acknowledges before it has synced would break P2 without anybody seeing it.
        connection.execute(_DURABLE)
        connection.commit()

    return engine


def _say_which_rows() -> None:
    """The indexes of some rows alone are so here too. They are told it now and not where they stand: SQLAlchemy takes that word
    only with the whole dialect loaded, which is 3 MB that a hub on SQLite has no use for."""
    for table in tables.metadata.tables.values():
        for index in table.indexes:
            index.dialect_kwargs["postgresql_where"] = index.dialect_kwargs.get("sqlite_where")


@cache
def _without_nul() -> type[Any]:
    """How a text goes to PostgreSQL, which takes no NUL: one in a target's answer must not stop the round that writes it."""
    from psycopg.types.string import StrDumper

    class Text(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\x00", "\ufffd") if "\x00" in obj else obj)

    return Text


def reach(engine: Engine) -> None:
    """Raises StoreAway if the database cannot be used."""
    try:
        with engine.connect() as connection:
            connection.execute(select(1))
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise StoreAway(f"the database at {where} cannot be reached: {str(error.orig).splitlines()[0]}") from None


def one_at_a_time(c: Connection) -> None:
    """Until the transaction ends nobody else makes or alters tables. On SQLite a writer is alone anyway."""
    if c.dialect.name == "postgresql":
        c.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MAKING})


def is_aborted(c: Connection) -> bool:
    """Whether a statement of this transaction failed, and nothing was rolled back for it: the server would answer its COMMIT by
    rolling back, without a word of error. Asks the driver, and not the server."""
    if c.dialect.name != "postgresql":
        return False
    from psycopg.pq import TransactionStatus

    driver: Any = c.connection.driver_connection
    return bool(driver.info.transaction_status == TransactionStatus.INERROR)


def know_sizes(c: Connection) -> None:
    """Have the planner look at what has grown to more than twice of what it knows. The server's own housekeeping comes a minute
    later, and until then a ledger of a hundred thousand fresh rows is joined as if it had ten."""
    if c.dialect.name == "postgresql":
        for name in c.execute(text(_GROWN)).scalars().all():
            c.exec_driver_sql(f"analyze {name}")


class Cluster:
    """Where a PostgreSQL store lies: system identifier, timeline and database. Somewhere else means that it was put back, and
    so does a copy of the files, started in place: a store with fewer approvals than this machine has seen (`<path>.epoch`), or
    on a server whose log ends before where this machine has seen it (`<path>.seen`).

    Asked at the start and on every new connection, since a database is put back while hubs run.
    """

    def __init__(self, path: Path) -> None:
        self._beside = Path(f"{path}.epoch")
        self._furthest = Seen(path)
        self._lock = threading.Lock()
        self._here = ""
        self._seen = _Point(0, 0)
        self._engine: Engine | None = None
        self.epoch = 0

    def settle(self, engine: Engine) -> None:
        """Take the epoch of the store, or one above it, under which nothing is sent, if it was put back."""
        self._engine = engine
        self.epoch, self._seen = self._read()
        with engine.begin() as connection:
            row = connection.execute(_LOOK.with_for_update()).one()
            here = str(connection.execute(text(_HERE)).scalar_one())
            self._here = here
            if row.cluster == "":
                connection.execute(update(tables.installation).values(cluster=here))
            if self._judge(row, row.cluster or here, self._seen):
                connection.execute(update(tables.installation).values(cluster=OLDER))
        event.listen(engine, "connect", self._connected)

    def look(self, connection: Connection) -> None:
        """Follow what others did: one that releases a restored store lets all go on."""
        seen = self._seen  # before we ask: another thread may see more while we do
        row = connection.execute(_LOOK).one()
        if self._judge(row, row.cluster, seen):
            # Others may not have seen what this machine saw: said in the store, it holds all of them.
            connection.execute(update(tables.installation).values(cluster=OLDER))

    def committed(self) -> None:
        """The next look finds how far the server's log has come by it."""

    def advance(self, connection: Connection) -> int:
        """Count the approval. The epoch stays: all hubs and workers must agree on it."""
        mine = tables.installation
        counted = update(mine).values(rounds=mine.c.rounds + 1).returning(mine.c.epoch)
        return int(connection.execute(counted).scalar_one())

    def adopt(self, connection: Connection) -> int:
        """The store belongs here from now on, under its next epoch; in the caller's transaction."""
        mine = tables.installation
        kept = connection.execute(select(mine.c.epoch, mine.c.rounds)).one()
        epoch = max(kept.epoch, self.epoch) + 1
        here = str(connection.execute(text(_HERE)).scalar_one())
        connection.execute(update(mine).values(epoch=epoch, cluster=here, rounds=max(kept.rounds, self._seen.approvals) + 1))
        return int(epoch)

    def seal(self, epoch: int) -> None:
        """Keep on this machine how many approvals there have been. Where that cannot be asked now, the next look does it."""
        if self._engine is None:
            return
        with suppress(SQLAlchemyError), self._engine.connect() as connection:
            seen = self._seen
            row = connection.execute(_LOOK).one()
            self._judge(row, row.cluster, seen)

    def close(self) -> None:
        self._furthest.close()

    def _judge(self, row: Any, cluster: str, seen: "_Point") -> bool:
        """Take up what the store says; True if it is older than what this machine had `seen`, and does not say so itself.

        A person's release begins an epoch: from there on what was seen before does not count.
        """
        # A server that only follows another has no position of its own, and takes no writes.
        epoch, now = row.epoch, _Point(row.rounds, seen.log if row.log is None else int(row.log))
        with self._lock:
            is_released = epoch > self.epoch
            if cluster != self._here or (now.is_before(seen) and not is_released):
                self.epoch = max(self.epoch, epoch + 1)
                return cluster == self._here
            if is_released or now.approvals > self._seen.approvals or not self._beside.exists():
                self.epoch, self._seen = max(self.epoch, epoch), now
                put(self._beside, {"epoch": self.epoch, "approvals": now.approvals})
            self._seen = _Point(self._seen.approvals, max(self._seen.log, now.log))
            self._furthest.write(self.epoch, self._seen.log)
            return False

    def _connected(self, connection: Any, _record: Any) -> None:
        """A new connection may lead to another server than the last: a standby that took over, a copy that was put back."""
        here = str(connection.execute(_HERE).fetchone()[0])
        connection.commit()
        with self._lock:
            if here != self._here:
                self._here = here  # the next look finds that the store believes itself elsewhere

    def _read(self) -> tuple[int, "_Point"]:
        """The epoch, and how far it had come, as this machine knew them last; zeros if it never did."""
        try:
            held = json.loads(self._beside.read_bytes())
            epoch, approvals = int(held["epoch"]), int(held["approvals"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0, _Point(0, 0)
        at, log = self._furthest.read()
        return epoch, _Point(approvals, log if at == epoch else 0)


class _Point(NamedTuple):
    """How far a store has come: how many approvals, and to where the server's log is on disk, in bytes from its beginning."""

    approvals: int
    log: int

    def is_before(self, other: "_Point") -> bool:
        return self.approvals < other.approvals or self.log < other.log


_LOG: Final[ColumnElement[Any]] = literal_column(
    "case when pg_is_in_recovery() then null else pg_current_wal_flush_lsn() - '0/0'::pg_lsn end"
)
_LOOK: Final = select(
    tables.installation.c.epoch, tables.installation.c.rounds, tables.installation.c.cluster, _LOG.label("log")
)
