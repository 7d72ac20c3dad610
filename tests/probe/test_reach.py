"""Reach: our own resolver and our own ways are never held against a target."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sentinel.model.observation import Verdict
from tests.probe.kind.hostile import closed_port, serving, silent
from tests.probe.looked import sample

pytestmark = pytest.mark.anyio


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The system's resolver hangs for every name of `hangs.example`."""
    ended, real = threading.Event(), socket.getaddrinfo

    def hang(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith("hangs.example"):
            ended.wait(20)
        return real("127.0.0.1" if str(host).endswith(".example") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield
    ended.set()


def asked(host: str, port: int) -> dict[str, object]:
    return {"host": host, "port": port}


async def test_a_name_that_is_looked_up_until_the_time_is_over_is_asked_of_our_resolver(hanging: None) -> None:
    """F22, F42: it says nothing either, so that the trouble is ours."""
    came = await sample("tls", asked("hangs.example", 443), timeout=0.3, resolvers=(("127.0.0.1", closed_port()),))
    assert came.verdict is Verdict.UNKNOWN
    assert "our own resolver does not answer" in came.reason


async def test_names_that_hang_hold_up_no_other(hanging: None) -> None:
    dead = (("127.0.0.1", closed_port()),)
    for _ in range(20):
        await sample("tls", asked("hangs.example", 443), timeout=0.02, resolvers=dead)
    with serving(silent) as port:
        came = await sample("tls", asked("works.example", port), timeout=0.5)
    assert came.reason.startswith("timed out after 0.5 s while making the TLS connection")


async def test_what_one_address_says_counts_for_more_than_that_we_have_no_way_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = closed_port()

    def both(*_: Any, **__: Any) -> list[Any]:
        far = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::7", port, 0, 0))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)), far]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    came = await sample("tls", asked("both.example", port), timeout=2.0, allow=("127.0.0.0/8", "fe80::/10"))
    assert (came.verdict, came.reason) == (Verdict.DOWN, "connection refused")
