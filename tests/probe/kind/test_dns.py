"""The kind `dns` against real servers on loopback, that answer, refuse, lie or say nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from sentinel.model.observation import Verdict
from tests.probe.looked import sample

pytestmark = pytest.mark.anyio
Answer = Callable[[dns.message.Message], bytes | None]


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one
        self._transport = transport

    def datagram_received(self, packet: bytes, addr: tuple[str, int]) -> None:
        said = self._answer(dns.message.from_wire(packet))
        if said is not None:
            self._transport.sendto(said, addr)


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Server(answer), ("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def records(*texts: str, kind: str = "A", rcode: dns.rcode.Rcode = dns.rcode.NOERROR, flags: int = 0) -> Answer:
    def answer(question: dns.message.Message) -> bytes:
        made = dns.message.make_response(question)
        made.set_rcode(rcode)
        made.flags |= flags
        if texts:
            made.answer.append(dns.rrset.from_text(question.question[0].name, 300, "IN", kind, *texts))
        return made.to_wire()

    return answer


def asked(port: int, **more: object) -> dict[str, object]:
    return {"name": "pay.northwind.example", "resolver": "127.0.0.1", "port": port, **more}


async def test_a_name_that_is_there_is_up_with_its_facts() -> None:
    async with server(records("192.0.2.7", "192.0.2.8", flags=dns.flags.AD)) as port:
        came = await sample("dns", asked(port))
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = dict(came.facts)
    assert (facts["rcode"], facts["answers"], facts["records"], facts["ttl"]) == ("NOERROR", "192.0.2.7; 192.0.2.8", 2, 300)
    assert facts["authentic"] is True


@pytest.mark.parametrize(
    ("answer", "up", "reason"),
    [
        (records(rcode=dns.rcode.NXDOMAIN), {}, 'rcode is "NXDOMAIN", expected that it is "NOERROR"'),
        (records(rcode=dns.rcode.REFUSED), {}, 'rcode is "REFUSED", expected that it is "NOERROR"'),
        (
            records("192.0.2.7"),
            {"fact": {"answers": {"contains": "192.0.2.9"}}},
            'answers is "192.0.2.7", expected that it contains "192.0.2.9"',
        ),
        (records("192.0.2.7"), {"fact": {"authentic": True}}, "authentic is false, expected that it is true"),
        (lambda question: b"nonsense", {}, "the answer is not proper DNS (ShortHeader)"),
    ],
)
async def test_what_is_wrong_is_said(answer: Answer, up: dict[str, object], reason: str) -> None:
    async with server(answer) as port:
        came = await sample("dns", asked(port), up=up)
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)


async def test_that_a_name_is_gone_can_be_what_is_wanted() -> None:
    async with server(records(rcode=dns.rcode.NXDOMAIN)) as port:
        assert (await sample("dns", asked(port), up={"fact": {"rcode": "NXDOMAIN"}})).verdict is Verdict.UP


@pytest.mark.parametrize(
    ("kind", "text"),
    [("MX", "10 mx.northwind.example."), ("TXT", '"v=spf1 -all"'), ("AAAA", "2001:db8::7"), ("CAA", '0 issue "ca.example"')],
)
async def test_each_type_of_record_is_read(kind: str, text: str) -> None:
    async with server(records(text, kind=kind)) as port:
        assert (await sample("dns", asked(port, type=kind))).facts["answers"] == text


async def test_a_resolver_that_says_nothing_times_out_on_time() -> None:
    async with server(lambda question: None) as port:
        came = await sample("dns", asked(port), timeout=0.3)
    assert (came.verdict, came.reason) == (Verdict.DOWN, "timed out after 0.3 s while waiting for the answer")
    assert 300 <= float(came.facts["total_ms"] or 0) < 1300


async def test_the_own_resolver_is_asked_where_none_is_named() -> None:
    async with server(records("192.0.2.7")) as port:
        came = await sample("dns", "pay.northwind.example", resolvers=(("127.0.0.1", port),), allow=())
    assert came.verdict is Verdict.UP


async def test_a_resolver_where_probes_may_not_go_is_our_own_trouble() -> None:
    came = await sample("dns", asked(53), allow=())
    assert came.verdict is Verdict.UNKNOWN
    assert "127.0.0.1 (loopback), which probes may not reach" in came.reason


@pytest.mark.parametrize("answer", [lambda question: None, records(rcode=dns.rcode.SERVFAIL)])
async def test_our_own_resolver_in_trouble_says_nothing_of_a_name(answer: Answer) -> None:
    """F22, F42"""
    async with server(answer) as port:
        came = await sample("dns", "pay.northwind.example", resolvers=(("127.0.0.1", port),), timeout=1.5, allow=())
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason.startswith("our own resolver ")
