"""Is it us? A real resolver on loopback that answers as the test says."""

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.observation import Verdict
from sentinel.probe.uplink import PATIENCE, Answer, Lookup, has_route, nameservers, question, read_reply
from tests.probe.probing import check, probe

NS = 2
Says = Callable[[int], tuple[int, int] | None]
"""Record type → (rcode, number of answers), None for silence."""


@contextlib.contextmanager
def resolver(says: Says, *, garbage: bool = False) -> Iterator[tuple[str, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                packet, peer = listening.recvfrom(4096)
                if packet == b"end":
                    return
                identity = struct.unpack_from("!H", packet)[0]
                said = says(struct.unpack("!H", packet[-4:-2])[0])
                if garbage:
                    listening.sendto(b"\0", peer)
                    listening.sendto(struct.pack("!6H", identity ^ 0x5555, 0x8180, 0, 1, 0, 0), peer)
                if said is not None:
                    listening.sendto(struct.pack("!6H", identity, 0x8180 | said[0], 1, said[1], 0, 0), peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()
        listening.sendto(b"end", listening.getsockname())
        thread.join(5)


def asked(host: str, *servers: tuple[str, int]) -> tuple[Answer, float]:
    began = monotonic()
    lookup = Lookup(host, servers, began)
    while (answer := lookup.answer(monotonic())) is None:
        ready, _, _ = select.select(lookup.sockets, [], [], 0.05)
        for one in ready:
            lookup.read(one)
    lookup.close()
    return answer, monotonic() - began


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        (lambda kind: (0, 13) if kind == NS else (3, 0), Answer.NO_SUCH_NAME),
        (lambda kind: (0, 13) if kind == NS else (0, 0), Answer.NO_SUCH_NAME),
        (lambda kind: (0, 13) if kind == NS else (2, 0), Answer.NAME_FAILS),
        (lambda kind: (0, 13) if kind == NS else None, Answer.NAME_FAILS),
        (lambda kind: (0, 1), Answer.RESOLVES_NOW),
        (lambda kind: (2, 0), Answer.RESOLVER_SILENT),
        (lambda kind: (5, 0), Answer.RESOLVER_SILENT),
        (lambda kind: None, Answer.RESOLVER_SILENT),
    ],
)
def test_what_the_resolver_says_tells_whose_trouble_it_is(says: Says, answer: Answer) -> None:
    with resolver(says) as server:
        found, took = asked("pay.example", server)
    assert found is answer
    assert took < PATIENCE + 0.2


def test_replies_to_other_questions_are_passed_over() -> None:
    with resolver(lambda kind: (0, 13) if kind == NS else (3, 0), garbage=True) as server:
        assert asked("pay.example", server)[0] is Answer.NO_SUCH_NAME


def test_one_resolver_that_works_is_enough() -> None:
    with resolver(lambda kind: (0, 13) if kind == NS else (3, 0)) as server:
        assert asked("pay.example", ("127.0.0.1", 9), server)[0] is Answer.NO_SUCH_NAME


def test_a_resolver_that_is_not_there_is_our_trouble_and_says_so_at_once() -> None:
    assert asked("pay.example")[0] is Answer.RESOLVER_SILENT


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a." * 200, "ñ.example"])
def test_a_name_that_dns_cannot_carry_is_no_crash(name: str) -> None:
    with resolver(lambda kind: None) as server:
        assert asked(name, server)[0] is Answer.RESOLVER_SILENT


def test_the_name_servers_of_a_resolv_conf() -> None:
    assert nameservers("# no\nsearch x\nnameserver 1.1.1.1\nnameserver  2606::1 # second\nnameserver\n") == (
        ("1.1.1.1", 53),
        ("2606::1", 53),
    )
    assert nameservers("") == (("127.0.0.1", 53),)


def test_a_question_is_a_dns_packet() -> None:
    assert question(7, "pay.example.", 1)[12:] == b"\x03pay\x07example\x00\x00\x01\x00\x01"
    assert question(7, ".", 2)[12:] == b"\x00\x00\x02\x00\x01"


@given(st.binary(max_size=60))
def test_no_packet_makes_reading_fail(packet: bytes) -> None:
    read_reply(packet)


def test_there_is_a_route_to_loopback_and_none_to_what_is_no_address() -> None:
    assert has_route("127.0.0.1")
    assert not has_route("nowhere")


@pytest.mark.parametrize(
    ("says", "verdict", "words"),
    [
        (lambda kind: (0, 13) if kind == NS else (3, 0), Verdict.DOWN, "there is no name no-such-host.invalid"),
        (
            lambda kind: (0, 13) if kind == NS else (2, 0),
            Verdict.DOWN,
            "the name servers of no-such-host.invalid do not answer",
        ),
        (lambda kind: (2, 0), Verdict.UNKNOWN, "our own resolver does not answer"),
        (lambda kind: (0, 1), Verdict.UNKNOWN, "the trouble is on our side"),
    ],
)
def test_a_name_that_is_not_found_is_down_or_unknown_by_what_the_resolver_says(
    says: Says, verdict: Verdict, words: str
) -> None:
    with resolver(says) as server:
        found = probe(check("http://no-such-host.invalid/"), resolvers=(server,))
    assert found.verdict is verdict
    assert words in found.reason
