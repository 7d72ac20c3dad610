"""The sink of providers speaks each provider's protocol: what a real one refuses, it refuses."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from sentinel.demo.dialects import ACCOUNT, ROUTING_KEY, TOKEN
from sentinel.demo.mishap import DROP, Refuse, Step, at
from sentinel.demo.provider import Provider

BEARER = {"Authorization": f"Bearer {TOKEN}"}
BASIC = {"Authorization": "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()}
TEXTS = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
EVENT = {"routing_key": ROUTING_KEY, "event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "info"}}


@pytest.fixture
async def sink() -> AsyncIterator[Provider]:
    made = Provider()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(sink: Provider) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sink.url, trust_env=False) as made:
        yield made


async def test_a_key_makes_a_repeat_harmless_and_another_body_an_error(sink: Provider, client: httpx.AsyncClient) -> None:
    headers = {**BEARER, "Idempotency-Key": "k1"}
    first = await client.post("/v1/messages", json={"to": "a@x.example"}, headers=headers)
    again = await client.post("/v1/messages", json={"to": "a@x.example"}, headers=headers)
    other = await client.post("/v1/messages", json={"to": "b@x.example"}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(sink.effects) == 1


async def test_without_a_key_or_where_none_is_looked_at_a_repeat_goes_out_twice(
    sink: Provider, client: httpx.AsyncClient
) -> None:
    sink.terms.dedupes = False
    for _ in range(2):
        await client.post("/v1/messages", json={"to": "a@x.example"}, headers={**BEARER, "Idempotency-Key": "k1"})
    assert len(sink.effects) == 2


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/v1/messages", {}, '{"to": "a"}', 401),
        ("/v1/messages", BEARER, "{}", 422),
        ("/v1/messages", BEARER, "not json", 422),
        (TEXTS, {}, "To=%2B34600123456&From=x&Body=y", 401),
        (TEXTS, BASIC, "To=600&From=x&Body=y", 400),
        (TEXTS, BASIC, "To=%2B34600123456&Body=y", 400),
        (TEXTS, BASIC, "To=%2B34600123456&From=x&Body=", 400),
        (TEXTS.replace(ACCOUNT, "AC0"), BASIC, "To=%2B34600123456&From=x&Body=y", 404),
        ("/v2/enqueue", {}, "{}", 400),
        ("/workflows/x", {}, '{"type": "message"}', 400),
        ("/api/v2/alerts", {}, "{}", 400),
        ("/api/v2/alerts", {}, '[{"labels": {}}]', 400),
        ("/hooks/x", {}, "{}", 401),
        ("/services/x", {}, "{}", 400),
        ("/nothing", {}, "{}", 404),
    ],
)
async def test_what_a_provider_would_refuse_has_no_effect(
    sink: Provider, client: httpx.AsyncClient, path: str, headers: Mapping[str, str], body: str, status: int
) -> None:
    answer = await client.post(path, content=body, headers=dict(headers))
    assert answer.status_code == status
    assert sink.effects == ()


@pytest.mark.parametrize("wrong", [{"event_action": "open"}, {"payload": {}}, {"dedup_key": "x" * 256}, {"routing_key": "no"}])
async def test_pagerduty_takes_whole_events_only(client: httpx.AsyncClient, wrong: dict[str, object]) -> None:
    assert (await client.post("/v2/enqueue", json=EVENT)).status_code == 202
    answer = await client.post("/v2/enqueue", json={**EVENT, **wrong})
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid event"


async def test_it_goes_wrong_on_purpose(sink: Provider, client: httpx.AsyncClient) -> None:
    sink.hook = at(Step.ARRIVED, Refuse(code=429, after=3), times=1)
    answer = await client.post("/v1/messages", json={"to": "a"}, headers=BEARER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    sink.hook = at(Step.TAKEN, DROP, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("/v1/messages", json={"to": "a"}, headers=BEARER)
    assert len(sink.effects) == 1
    await sink.until(lambda each: len(each.effects) == 1)
    sink.shut()
    with pytest.raises(httpx.ConnectError):
        await client.post("/v1/messages", json={"to": "a"}, headers=BEARER)
