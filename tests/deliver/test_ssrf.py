"""T1: no spelling of an inner address is connected to, by no channel and by no probe: it is refused when it is read, or at the
socket. A canary listens on every address of this machine, and nobody may come."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pycurl
import pytest
from pydantic import ValidationError

from sentinel.deliver.call import Call, Reply
from sentinel.deliver.outcome import Down
from sentinel.deliver.post import Post
from sentinel.demo.provider import Provider
from sentinel.model.delivery import Unknown
from sentinel.model.guard import gate
from sentinel.model.secret import Secret
from sentinel.model.web import web_address
from sentinel.probe.condition import Rules
from sentinel.probe.kind import http as probe
from tests.deliver.channel.providers import BY_HTTP, connect, message, yes
from tests.deliver.spellings import ALL, LOOPBACK

AT_THE_SOCKET = "which Sentinel may not reach: see allow_private"
CALL_SECONDS = 5


@dataclass(slots=True)
class Canary:
    """Listens and never answers."""

    port: int
    sockets: list[socket.socket] = field(default_factory=list)

    def came(self) -> int:
        """How many connections wait at the door."""
        count = 0
        for each in self.sockets:
            while True:
                try:
                    each.accept()[0].close()
                except BlockingIOError:
                    break
                count += 1
        return count


@pytest.fixture
def canary() -> Iterator[Canary]:
    listening = socket.create_server(("0.0.0.0", 0), backlog=200)
    made = Canary(listening.getsockname()[1], [listening])
    six = socket.socket(socket.AF_INET6)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        six.bind(("::1", made.port))
        six.listen(200)
        made.sockets.append(six)
    except OSError:  # a machine without IPv6
        six.close()
    for each in made.sockets:
        each.setblocking(False)
    yield made
    for each in made.sockets:
        each.close()


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def aimed(kind: str, url: str) -> dict[str, Any]:
    """The option of a kind that says where to, so that `url` is what is written."""
    name = {"slack": "hook", "sms": "base_url", "pagerduty": "base_url"}.get(kind, "url")
    return {name: Secret(url) if kind in ("teams", "slack") else url}


def test_there_are_enough_of_them() -> None:
    assert len(set(ALL)) == len(ALL) >= 140


async def test_the_canary_sings() -> None:
    """Else the tests below prove nothing."""
    listening = socket.create_server(("0.0.0.0", 0))
    listening.setblocking(False)
    made = Canary(listening.getsockname()[1], [listening])
    post = Post(timeout=seconds(0.3), allow=(ip_network("127.0.0.0/8"),))
    assert isinstance(await post.send(Call(url=f"http://2130706433:{made.port}/", body=b"x"), yes), Unknown)
    assert made.came() == 1
    await post.close()
    listening.close()


@pytest.mark.parametrize("kind", BY_HTTP)
async def test_no_spelling_reaches_anything_by_a_channel(canary: Canary, kind: str) -> None:
    at_the_socket = set()
    for spelling in ALL:
        url = spelling.format(p=canary.port)
        try:
            connection = connect(kind, "https://public.example", allow=(), **aimed(kind, url))
        except ValidationError:
            continue
        asked: list[int] = []

        async def arm(asked: list[int] = asked) -> bool:
            asked.append(1)
            return True

        outcome = await connection.send(message(kind), arm)
        assert isinstance(outcome, Down), (spelling, outcome)
        assert asked == [], spelling
        if outcome.reason.endswith(AT_THE_SOCKET):
            at_the_socket.add(spelling)
        await connection.close()
    assert canary.came() == 0
    assert len(at_the_socket) >= 60, sorted(set(ALL) - at_the_socket)


def test_no_spelling_reaches_anything_by_a_probe(canary: Canary) -> None:
    refused = set()
    for spelling in ALL:
        try:
            options = probe.Options.model_validate({"url": spelling.format(p=canary.port)})
        except ValidationError:
            continue
        exchange = probe.exchange(options, gate(()), Rules())
        exchange.begin(CALL_SECONDS)
        with pytest.raises(pycurl.error):
            exchange.easy.perform()
        if exchange._sample.refused:
            refused.add(spelling)
        assert exchange._sample.tried == [], spelling
        exchange.close()
    assert canary.came() == 0
    assert len(refused) >= 60, sorted(set(ALL) - refused)


async def test_a_name_that_leads_elsewhere_the_second_time_is_refused_then(sink: Provider) -> None:
    """Rebinding: the address is judged at each connection, and never the name."""
    name, port = "rebind.example", sink.port
    allowed = (ip_network("127.0.0.1/32"),)
    post = Post(timeout=seconds(5), allow=allowed, resolve=[f"{name}:{port}:127.0.0.1"])
    call = Call(url=f"http://{name}:{port}/hooks/x", body=b"x")
    assert isinstance(await post.send(call, yes), Reply)
    post._easy.setopt(pycurl.RESOLVE, [f"-{name}:{port}", f"{name}:{port}:127.0.0.2"])
    post._easy.setopt(pycurl.FRESH_CONNECT, 1)
    outcome = await post.send(call, yes)
    assert outcome == Down(reason=f"it is at 127.0.0.2 (loopback), {AT_THE_SOCKET}")
    await post.close()


async def test_of_several_addresses_no_inner_one_is_tried(canary: Canary) -> None:
    name = "many.example"
    addresses = "10.0.0.1,127.0.0.1,[::1],169.254.169.254,[64:ff9b::7f00:1]"
    post = Post(timeout=seconds(5), resolve=[f"{name}:{canary.port}:{addresses}"])
    outcome = await post.send(Call(url=f"http://{name}:{canary.port}/", body=b"x"), yes)
    assert isinstance(outcome, Down)
    assert outcome.reason.endswith(AT_THE_SOCKET)
    assert canary.came() == 0
    await post.close()


@pytest.mark.parametrize("spelling", LOOPBACK[:5])
def test_a_plain_inner_address_is_no_mistake_of_the_file(spelling: str) -> None:
    """It may stand under allow_private: so it is the socket's to say, not the reader's."""
    assert web_address(spelling.format(p=80))


async def test_an_environment_with_a_proxy_opens_no_way_round(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    post = Post(timeout=seconds(5))
    outcome = await post.send(Call(url="http://nowhere.invalid/", body=b"x"), yes)
    assert outcome == Down(reason="its name cannot be resolved")
    assert canary.came() == 0
    await post.close()
