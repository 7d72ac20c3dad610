"""The limits of a session, by which the database takes back what a machine holds that was cut off."""

import socket
from contextlib import closing

from sqlalchemy import text

from sentinel.store import postgres
from tests.postgres import server


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def test_the_server_finds_out_within_seconds_that_a_peer_is_gone_whatever_it_was_saying_f20() -> None:
    """F20: cut off in the middle of a statement no limit on transactions runs, and its locks would last for hours. (Over a
    socket of the file system nobody can be cut off: there these are not set.)"""
    port = free_port()
    with server("listen_addresses=127.0.0.1", f"port={port}"):
        engine = postgres.open_engine(f"postgresql://sentinel@127.0.0.1:{port}/postgres")
        with engine.connect() as c:
            idle, between, count, unanswered = (
                int(c.execute(text(f"select setting from pg_settings where name = '{name}'")).scalar_one())
                for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
            )
        engine.dispose()
    assert idle + between * count <= 15
    assert 0 < unanswered <= 15_000
