"""The engine on PostgreSQL: procrastinate carries the keys between any number of hubs and workers.

A wake-up is a job of procrastinate, put in by the caller's own transaction, taken by one of those who listen for its key, and
deleted when its handler has run. Belongs here: jobs, their schema, those that a dead process left behind. Does not belong here:
what is done for a key (port.py), our tables (store/).

The queue lies in a schema of its own, named after procrastinate's version. It holds nothing that matters, so that another
version begins with an empty one; for as long as both are at work, the poll stands in between them.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from random import Random
from typing import Any, Final

import procrastinate
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job, Status
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from sentinel.run.engine.port import DRAIN_SECONDS, Handler, Turn, take_turns
from sentinel.store import postgres
from sentinel.store.trouble import StoreAway, trouble_of

SCHEMA: Final = f"sentinel_engine_{'_'.join(version('procrastinate').split('.')[:2])}"
TASK: Final = "sentinel.turn"
HEARTBEAT_SECONDS: Final = 2.0
STALLED_SECONDS: Final = 10.0
"""A process that has not been heard of for so long has left its jobs to others."""
FETCH_SECONDS: Final = 2.0
"""How often the queue is looked at without having been told; after a job was given back nobody is."""
RECONNECT_SECONDS: Final = (0.5, 10.0)
_LOCKS: Final = 0x53E7
"""Space of our advisory locks: one a key that somebody is putting in, and one (0) for making the schema."""

log = logging.getLogger(__name__)

_PREPARE = text(
    "select set_config('search_path', case when strpos(current_setting('search_path'), :schema) > 0"
    " then current_setting('search_path') else current_setting('search_path') || ', ' || :schema end, true),"
    " pg_try_advisory_xact_lock(:space, hashtext(:key))"
)
_PINNED = text(  # by now their schema is on the search path
    "select id from procrastinate_jobs where queueing_lock = :key and status = 'todo' limit 1 for share"
)
_TELL = text(
    "select pg_notify('procrastinate_queue_v1#' || :key, json_build_object('type', 'job_inserted', 'job_id', :job)::text)"
)


def prepare(engine: Engine) -> None:
    """Make procrastinate's tables where they are missing. Any number of processes may do so at once."""
    with engine.begin() as c:
        c.execute(text("select pg_advisory_xact_lock(:space, 0)"), {"space": _LOCKS})
        there = text("select to_regclass(:name) is not null")
        if c.execute(there, {"name": f"{SCHEMA}.procrastinate_jobs"}).scalar_one():
            return
        c.execute(text(f"create schema if not exists {SCHEMA}"))
        c.execute(text("select set_config('search_path', :schema, true)"), {"schema": SCHEMA})
        # All of it at once and without parameters: it is a script, with signs in it that a driver would take for its own.
        _driver(c).execute(SchemaManager.get_schema())
        for table in ("procrastinate_jobs", "procrastinate_events"):  # small, and every row of them dies young
            c.execute(text(f"alter table {table} set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)"))


class Postgres:
    """Wakes a handler in one of the processes that share the database. Implements engine.port.Engine."""

    def __init__(self, database: Engine, rng: Random, *, stalled: float = STALLED_SECONDS) -> None:
        self._database = database
        self._rng = rng
        self._stalled = stalled
        self._is_mute = False
        self._turns: Mapping[str, Turn] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        # For putting in alone: always on the caller's connection, so that it needs none of its own.
        self._putting_in = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def wake(self, c: Connection, key: str) -> None:
        """Put in a job, or join the one that waits already.

        A job that waits is pinned with a shared lock, so that nobody takes it before our commit, when what it is to find is
        there. Where another transaction is putting in the same key, we do not wait for its end: a second job does no harm.

        A wake-up that cannot be put in is left to the poll: it must not take the caller's work with it.
        """
        try:
            with c.begin_nested():
                self._put_in(c, key)
        except (DBAPIError, ProcrastinateException) as error:
            if isinstance(trouble_of(error), StoreAway):
                raise
            if not self._is_mute:
                log.warning("wake-ups cannot be put in (%s): the poll stands in", type(error).__name__)
            self._is_mute = True
        else:
            self._is_mute = False

    def _put_in(self, c: Connection, key: str) -> None:
        _, alone = c.execute(_PREPARE, {"schema": SCHEMA, "space": _LOCKS, "key": key}).one()
        job = c.execute(_PINNED, {"key": key}).scalar() if alone else None
        if job is not None:
            c.execute(_TELL, {"key": key, "job": job})
            return
        lock = key if alone else None
        put = self._putting_in.configure_task(TASK, queue=key, queueing_lock=lock, connection=_driver(c))
        put.defer(key=key)

    def nudge(self, key: str) -> None:
        loop = self._loop
        if loop is not None and key in self._turns:
            with suppress(RuntimeError):  # it is closed: nobody is there any more
                loop.call_soon_threadsafe(self._turns[key].nudge)

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        self._loop = asyncio.get_running_loop()
        self._turns = {key: Turn(key, handler, self._rng) for key, handler in handlers.items()}
        listening = asyncio.create_task(self._listen(), name="listening for wake-ups")
        try:
            await take_turns(self._turns)
        finally:
            # In this order: handlers end first, so that the jobs that they are run for can be finished too.
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        """Take jobs, and begin again whenever that breaks off: the database was away, or took us for dead."""
        least, most = RECONNECT_SECONDS
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._life()
                why = "it ended"
            except Exception as error:  # noqa: BLE001 - the boundary of this task; what waits is found by the poll meanwhile
                why = type(error).__name__
            failures = 0 if asyncio.get_running_loop().time() - began > most else failures + 1
            pause = self._rng.uniform(0.5, 1.0) * min(most, least * 2**failures)
            log.warning("wake-ups do not reach us (%s): the poll stands in; tried again in %.1f s", why, pause)
            await asyncio.sleep(pause)

    async def _life(self) -> None:
        """From one connection to its loss."""
        limits = " ".join(f"-c {name}={value}" for name, value in postgres.LIMITS.items())
        connector = procrastinate.PsycopgConnector(
            conninfo=self._database.url.set(drivername="postgresql").render_as_string(hide_password=False),
            kwargs={
                "options": f"{limits} -c search_path={SCHEMA}",
                "connect_timeout": postgres.CONNECT_SECONDS,
                "application_name": "sentinel-engine",
            },
            min_size=1,
            max_size=3,
            timeout=postgres.CONNECT_SECONDS,
        )
        app = procrastinate.App(connector=connector)
        app.task(name=TASK)(self._take)
        async with app.open_async():
            keeping = asyncio.create_task(self._see_to_stalled(app), name="stalled wake-ups")
            try:
                await app.run_worker_async(
                    queues=list(self._turns),
                    concurrency=2 * len(self._turns),
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=min(FETCH_SECONDS, self._stalled / 2),
                    update_heartbeat_interval=min(HEARTBEAT_SECONDS, self._stalled / 4),
                    stalled_worker_timeout=self._stalled,
                    shutdown_graceful_timeout=DRAIN_SECONDS,
                )
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

    async def _take(self, key: str) -> None:
        """One job. While its handler fails the job stays ours, so that it goes to somebody else if we die of it."""
        turn = self._turns.get(key)
        if turn is None or turn.is_failing:
            return  # the job that it failed for insists already
        await turn.insist()

    async def _see_to_stalled(self, app: "procrastinate.App") -> None:
        """Give back the jobs of processes that are gone; every process does so, as any of them may be the one that is."""
        while True:
            await asyncio.sleep(self._stalled / 4)
            with suppress(ProcrastinateException):  # the worker beside us meets the same trouble, and says so
                for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._stalled):
                    await _give_back(app, job)


async def _give_back(app: "procrastinate.App", job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
    except ProcrastinateException:
        # Another process was quicker, or the same key waits already: then this one is not needed any more.
        with suppress(ProcrastinateException):
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


def _driver(c: Connection) -> Any:
    """The driver's own connection, in the transaction of `c`."""
    return c.connection.driver_connection
