"""MySQL and MariaDB: how they are asked, and their errors in our words. PyMySQL blocks, so it works in a thread."""

import socket
import ssl
from contextlib import suppress
from typing import Any, Final

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import SSCursor

from sentinel.probe.compare import beginning
from sentinel.probe.kind.sql import Options
from sentinel.probe.reach import READ_LIMIT, Reach, tls_context
from sentinel.probe.sql.answer import ROWS, Answer
from sentinel.probe.trouble import Failed, ours, theirs

_PHASE: Final = "waiting for the answer to the query"
_UNKNOWN_VARIABLE: Final = 1193
_LOST: Final = (2006, 2013)
_CODES: Final = {
    1040: "the database takes no more connections",
    1129: "the server has barred us after too many failed connections",
    1130: "login refused: this host may not connect",
    1203: "the account has too many connections",
    1226: "the account has used up what it may",
}


async def ask(options: Options, reach: Reach) -> Answer:
    """One query in a transaction that may only read."""
    context = None
    if options.tls:
        try:
            context = tls_context(verify=options.verify, ca=options.ca)
        except (OSError, ssl.SSLError):
            raise ours("the certificate bundle cannot be read") from None
    sock = await reach.socket_to(options.host, options.port or 3306)
    handle = sock.dup()  # PyMySQL may wrap its own; ending this one ends them both
    sock.settimeout(reach.left + 1)
    try:
        with reach.during(_PHASE, "query_ms"):
            return await reach.in_thread(lambda: _asked(options, reach, sock, context), lambda: _end(handle))
    except ssl.SSLError as error:
        raise reach.blamed(error, options.host) from None
    except pymysql.MySQLError as error:
        raise _blamed(error, options, reach) from None
    except OSError as error:
        raise reach.blamed(error, options.host) from None
    finally:
        handle.close()


def _end(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _asked(options: Options, reach: Reach, sock: socket.socket, context: ssl.SSLContext | None) -> Answer:
    milliseconds = max(1, round(reach.left * 1000))
    connection = _Bounded(
        host=options.host,
        user=options.user,
        password=options.password.reveal() if options.password else "",
        database=options.database or None,
        charset="utf8mb4",
        ssl=context,
        ssl_disabled=context is None,
        defer_connect=True,
        cursorclass=SSCursor,
        auth_plugin_map={"mysql_clear_password": _Unprotected, "dialog": _Unprotected},
    )
    try:
        connection.connect(sock)
        cursor = SSCursor(connection)  # not closed, which would read all the rows that are left
        _limit(cursor, milliseconds)
        cursor.execute("START TRANSACTION READ ONLY")
        cursor.execute(options.query)
        rows = cursor.fetchmany(ROWS)
        answer = Answer(rows=len(rows), value=rows[0][0] if rows else None, version=_version(connection))
        if len(rows) < ROWS:
            connection.close()  # with a farewell: servers count clients that go without one
        return answer
    except (RuntimeError, ValueError, IndexError, LookupError, TypeError, AssertionError, AttributeError):
        raise theirs("the answer is not proper MySQL") from None  # what its parser comes to on other bytes
    finally:
        connection.drop()
        sock.close()


def _limit(cursor: SSCursor, milliseconds: int) -> None:
    """MySQL's own limit, else MariaDB's."""
    try:
        cursor.execute(f"SET SESSION max_execution_time = {milliseconds}")
    except pymysql.MySQLError as error:
        if error.args[:1] != (_UNKNOWN_VARIABLE,):
            raise
        cursor.execute(f"SET SESSION max_statement_time = {milliseconds / 1000}")


def _version(connection: "Connection[Any]") -> str:
    said = str(connection.get_server_info())  # type: ignore[no-untyped-call]  # the stubs leave its types out
    return f"{'MariaDB' if 'mariadb' in said.lower() else 'MySQL'} {said}"


class _Unprotected:
    """In place of the ways to log in that send the password as it is."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self._connection = connection

    def authenticate(self, _packet: Any) -> None:
        raise theirs("login refused: the server wants the password unprotected, which it does not get")

    prompt = authenticate


class _Bounded(Connection):
    """Takes no more from a server than one sample may."""

    _taken = 0

    def _read_bytes(self, num_bytes: int) -> bytes:
        self._taken += num_bytes
        if self._taken > READ_LIMIT:
            raise theirs("the answer is larger than 1 MiB, or not proper MySQL")
        read: bytes = super()._read_bytes(num_bytes)  # type: ignore[misc]  # the stubs leave it out
        return read

    def drop(self) -> None:
        """Close without a farewell, and without reading what is left."""
        result = getattr(self, "_result", None)
        if result is not None:
            result.unbuffered_active = False  # else it reads on when it is forgotten
        self._force_close()  # type: ignore[attr-defined]  # the stubs leave it out


def _blamed(error: pymysql.MySQLError, options: Options, reach: Reach) -> Failed:
    """Whose trouble it is, by the server's number."""
    code, said = (*error.args, "", "")[:2] if len(error.args) > 1 else (0, str(error))
    words = beginning(" ".join(str(said).split()), 160)
    if code == 1045 or code == 1698:
        return theirs(f"login refused for {options.user}")
    if code == 1049:
        return theirs(f"there is no database {options.database}")
    if code in (1044, 1142, 1143, 1227):
        return theirs(f"the database does not allow it: {words}")
    if code in (3024, 1969, 1317):
        return theirs(f"timed out after {reach.seconds:.1f} s while {_PHASE}")
    if code == 1792:
        return ours("the query would change something, which a check must not")
    if code == 2026 or "SSL" in words:
        return theirs("the server offers no TLS" if "support" in words else "no TLS connection")
    if code == 2061:
        return theirs("login refused: the server wants a way to log in that we do not speak")
    if code in _LOST or isinstance(error, pymysql.InterfaceError):
        return theirs(f"the connection was closed while {_PHASE}")
    if code == 0 or 2000 <= code < 3000:  # PyMySQL's own
        return theirs("the answer is not proper MySQL")
    return theirs(_CODES.get(code, f"the database refused the query: {words}" if words else "the answer is not proper MySQL"))
