"""PostgreSQL: how it is asked, and its errors in our words."""

import errno
import os
import socket
import struct
from collections.abc import Generator
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg import errors, waiting
from psycopg.conninfo import make_conninfo

from sentinel.probe import trouble
from sentinel.probe.compare import beginning
from sentinel.probe.kind.sql import Options
from sentinel.probe.reach import READ_LIMIT, Reach
from sentinel.probe.sql.answer import ROWS, Answer
from sentinel.probe.trouble import Failed, ours, theirs
from sentinel.probe.trust import bundle

_ERRNO: Final = {
    os.strerror(number): number
    for number in (
        errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EPIPE,
        errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.EAFNOSUPPORT, errno.ENOMEM, errno.ENOBUFS, errno.EPERM,
        errno.EACCES, errno.EADDRINUSE, errno.ENETDOWN,
    )
}  # fmt: skip
"""libpq tells errors of the system in the system's words only."""
_SAID: Final = (
    ("certificate verify failed", "the certificate is not valid: no authority that we trust vouches for it"),
    ("does not match host name", "the certificate is not for this host"),
    ("server does not support SSL", "the server offers no TLS"),
    ("received invalid response to SSL negotiation", "the answer is not proper PostgreSQL"),
    ("received unencrypted data after SSL response", "the answer is not proper PostgreSQL"),
    ("SSL error", "no TLS connection"),
    ("SSL SYSCALL error", "no TLS connection"),
    ("expected authentication request", "the answer is not proper PostgreSQL"),
    ("invalid authentication request", "the answer is not proper PostgreSQL"),
    ("lost synchronization", "the answer is not proper PostgreSQL"),
    ("unsupported frontend protocol", "the server is too old for us"),
    ('requirement "!password" failed', "the server wants the password unprotected, which it does not get: use `tls`"),
    ("no password supplied", "login refused: it asks for a password, and none is given"),
    ("closed the connection unexpectedly", "the connection was closed while {phase}"),
)
"""What libpq says → what we say; the first that is found."""
_NOWHERE: Final = os.path.join(os.devnull, "none")
"""In place of the files in a home directory that libpq looks at otherwise: there is none of this name anywhere."""
_RECEIVED_AT: Final = 128
"""Where `tcpi_bytes_received` (64 bits) is in Linux' struct tcp_info."""


async def ask(options: Options, reach: Reach) -> Answer:
    """One query in a transaction that may only read."""
    addresses = [address for _, address in await reach.addresses(options.host, options.port or 5432)]
    try:
        with reach.during("logging in", "login_ms"):
            connection = await _Bounded.connect(_way(options, addresses), autocommit=False)
        reach.facts["ip"] = connection.info.hostaddr
        try:
            with reach.during("waiting for the answer to the query", "query_ms"):
                return await _asked(connection, options.query, reach)
        finally:
            connection.pgconn.finish()  # not `close`, which may wait for what the server still has to say
    except psycopg.Error as error:
        raise _blamed(error, reach, options) from None
    except (UnicodeError, ValueError, OverflowError):
        raise theirs("the answer is not proper PostgreSQL") from None


async def _asked(connection: psycopg.AsyncConnection[Any], query: str, reach: Reach) -> Answer:
    await connection.set_read_only(True)
    async with connection.cursor() as setting:
        await setting.execute("SELECT set_config('statement_timeout', %s, true)", (str(max(1, round(reach.left * 1000))),))
    version = connection.info.parameter_status("server_version") or ""
    cursor = connection.cursor(name="sentinel")  # the server keeps the rows, and gives no more than we ask for
    try:
        await cursor.execute(query.encode())
        rows = await cursor.fetchmany(ROWS)
    finally:
        connection.pgconn.finish()  # so that nothing more is said or waited for
        await cursor.close()
    return Answer(rows=len(rows), value=rows[0][0] if rows and rows[0] else None, version=f"PostgreSQL {version}".strip())


def _way(options: Options, addresses: list[str]) -> str:
    """Nothing is left to files or the environment, and no name is looked up again."""
    tls = ("verify-full" if options.verify else "require") if options.tls else "disable"
    return make_conninfo(
        host=",".join([options.host] * len(addresses)),
        hostaddr=",".join(addresses),
        port=options.port or 5432,
        dbname=options.database or options.user,
        user=options.user,
        password=options.password.reveal() if options.password else "",
        passfile=_NOWHERE,
        sslmode=tls,
        sslrootcert=(options.ca or bundle() or "system") if tls == "verify-full" else _NOWHERE,
        sslcert=_NOWHERE,
        gssencmode="disable",
        require_auth="" if options.tls else "!password",
        application_name="sentinel",
        client_encoding="UTF8",
        connect_timeout=3600,  # the limit over everything is the one that counts
    )


class _Bounded(psycopg.AsyncConnection[Any]):
    """Gives up a server that sends more than one sample may take in: libpq itself would hold all of it in memory."""

    async def wait(self, gen: Any, *how: Any, **more: Any) -> Any:
        # Not the parent's, which on cancellation waits for a server that may not answer.
        descriptor = self.pgconn.socket
        return await waiting.wait_async(_counted(gen, descriptor), descriptor, *how, **more)


def _counted(gen: Generator[Any, Any, Any], descriptor: int) -> Generator[Any, Any, Any]:
    ended, said = False, None
    try:
        while not ended:
            try:
                wanted = gen.send(said)
            except StopIteration as end:
                ended, wanted = True, end.value
            if _received(descriptor) > READ_LIMIT:
                raise theirs("the answer to the query is larger than 1 MiB")
            if not ended:
                said = yield wanted
        return wanted
    finally:
        gen.close()


def _received(descriptor: int) -> int:
    """Bytes that have come over a TCP connection so far; 0 where the system does not say."""
    with suppress(OSError, struct.error, AttributeError):
        kept = socket.socket(fileno=descriptor)
        try:
            told = kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED_AT + 8)
            return int(struct.unpack_from("=Q", told, _RECEIVED_AT)[0])
        finally:
            kept.detach()
    return 0


def _blamed(error: psycopg.Error, reach: Reach, options: Options) -> Failed:
    """Whose trouble it is, by SQLSTATE where the server said one."""
    said = (error.diag.message_primary or "").strip()
    if error.sqlstate is None:
        return _unconnected(str(error), reach, options)
    match error:
        case errors.InvalidPassword() | errors.InvalidAuthorizationSpecification():
            return theirs(f"login refused: {_short(said)}")
        case errors.InvalidCatalogName():
            return theirs(f"there is no database {options.database or options.user}")
        case errors.QueryCanceled():
            return theirs(f"timed out after {reach.seconds:.1f} s while waiting for the answer to the query")
        case errors.TooManyConnections():
            return theirs("the database takes no more connections")
        case errors.CannotConnectNow():
            return theirs(f"the database is not ready: {_short(said)}")
        case errors.ReadOnlySqlTransaction():
            return ours("the query would change something, which a check must not")
        case errors.InsufficientPrivilege():
            return theirs(f"the database does not allow it: {_short(said)}")
    return theirs(f"the database refused the query: {_short(said) or error.sqlstate}")


def _refused(said: str, options: Options) -> Failed:
    """What the server said when it would not let us in: libpq does not hand on its SQLSTATE."""
    if f'database "{options.database or options.user}" does not exist' in said:
        return theirs(f"there is no database {options.database or options.user}")
    if "too many" in said or "connection slots" in said:
        return theirs("the database takes no more connections")
    if said.startswith("the database system"):
        return theirs(f"the database is not ready: {_short(said)}")
    return theirs(f"login refused: {_short(said)}")


def _unconnected(said: str, reach: Reach, options: Options) -> Failed:
    if fatal := said.partition("FATAL:  ")[2]:
        return _refused(fatal, options)
    if said.strip().endswith("out of memory"):
        return ours("no memory left")
    number = next((number for words, number in _ERRNO.items() if words in said), None)
    if number is not None:
        answered = number not in (errno.ECONNRESET, errno.EPIPE)
        return trouble.of_system(OSError(number, ""), trouble.CONNECTING if answered else reach.phase, options.host)
    if options.tls and options.verify and "root certificate file" in said:
        return ours("the certificate bundle cannot be read")
    ours_for_it = next((words for theirs_for_it, words in _SAID if theirs_for_it in said), "")
    if "server-side" in said or not said:
        return theirs(f"the connection broke while {reach.phase}")
    return theirs(ours_for_it.format(phase=reach.phase) or f"the answer is not proper PostgreSQL ({_short(said)})"[:250])


def _short(said: str) -> str:
    return beginning(" ".join(said.split()), 160)
