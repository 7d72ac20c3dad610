"""What reports to us by itself, at its addresses: pings as clients of healthchecks send them, and values."""

from collections.abc import AsyncIterator

import pytest

from sentinel.model.pushed import BODY_LIMIT, Ping, Word
from sentinel.serve.throttle import PINGS_AT_ONCE
from tests.serve.browser import TOKEN, Browser
from tests.serve.hub import MemoryHub

PING = "/ping/a-token-of-22-letters-x"
VALUE = "/api/v1/values/payments.queue"
OWN = {"authorization": "Bearer a-token-of-22-letters-x"}
OPERATOR = {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("method", "address", "told"),
    [
        ("GET", "", Ping()),
        ("HEAD", "", Ping()),
        ("POST", "", Ping(body="812 rows")),
        ("GET", "/", Ping()),
        ("POST", "/", Ping(body="812 rows")),
        ("GET", "/start?rid=7e1a", Ping(word=Word.START, run="7e1a")),
        ("POST", "/fail", Ping(word=Word.FAIL, body="812 rows")),
        ("POST", "/log", Ping(word=Word.LOG, body="812 rows")),
        ("POST", "/0", Ping(exit_code=0, body="812 rows")),
        ("GET", "/3", Ping(word=Word.FAIL, exit_code=3)),
    ],
)
async def test_a_ping_says_what_its_address_ends_in(
    stranger: Browser, hub: MemoryHub, method: str, address: str, told: Ping
) -> None:
    content = b"812 rows" if method == "POST" else None
    answer = await stranger.client.request(method, PING + address, content=content)
    assert (answer.status_code, answer.headers["ping-body-limit"]) == (200, "10000")
    assert hub.told == [told]


@pytest.mark.parametrize("address", ["/256", "/success", "/start/now", "/-1", "//"])
async def test_what_no_ping_means_is_not_found(stranger: Browser, hub: MemoryHub, address: str) -> None:
    assert (await stranger.client.post(PING + address)).status_code == 404
    assert not hub.told


async def test_of_a_long_output_the_beginning_is_taken(stranger: Browser, hub: MemoryHub) -> None:
    assert (await stranger.client.post(PING, content=b"x" * 60_000)).status_code == 200
    assert len(hub.told[0].body) == BODY_LIMIT
    assert (await stranger.client.post(PING, content=b"x" * 200_000)).status_code == 200
    assert len(hub.told[-1].body) == BODY_LIMIT
    assert (await stranger.client.post(PING, content=b"x" * (10 * 1024 * 1024 + 1))).status_code == 413

    async def without_its_length() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 1024 * 1024

    assert (await stranger.client.post(PING, content=without_its_length())).status_code == 413
    assert len(hub.told) == 2, "what is refused is no ping"


async def test_a_ping_that_cannot_be_stored_is_to_be_sent_again(stranger: Browser, hub: MemoryHub) -> None:
    hub.broken = True
    answer = await stranger.client.get(PING + "/start")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("headers", [OWN, OPERATOR])
async def test_a_value_is_taken_by_its_own_token_and_by_one_that_may_declare(
    stranger: Browser, hub: MemoryHub, headers: dict[str, str]
) -> None:
    answer = await stranger.client.post(VALUE, json={"value": 42, "facts": {"open": True, "state": "ok"}}, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"stored": True})
    assert hub.writes == 1


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (VALUE, {}),
        (VALUE, {"authorization": "Bearer another-of-22-letters-y"}),
        ("/api/v1/values/payments.other", OWN),
        ("/api/v1/values/payments.nothing", OWN),
        ("/api/v1/commands", OWN),
    ],
)
async def test_a_token_of_its_own_opens_its_own_value_and_nothing_else(
    stranger: Browser, hub: MemoryHub, address: str, headers: dict[str, str]
) -> None:
    answer = await stranger.client.post(address, json={"value": 42}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token")
    assert hub.writes == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"value": None}, 422, "invalid"),
        ({"value": [1]}, 422, "invalid"),
        ({"value": 1, "fact": {}}, 422, "invalid"),
        ({"value": 1, "facts": {"a": [1]}}, 422, "invalid"),
        ([], 422, "invalid"),
        ({"value": "many"}, 409, "unfit"),
    ],
)
async def test_what_is_no_value_is_refused_with_why(
    stranger: Browser, hub: MemoryHub, body: object, status: int, code: str
) -> None:
    answer = await stranger.client.post(VALUE, json=body, headers=OWN)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert hub.writes == 0


async def test_values_without_end_are_held_back(stranger: Browser, hub: MemoryHub) -> None:
    answers = [await stranger.client.post(VALUE, json={"value": 1}, headers=OWN) for _ in range(PINGS_AT_ONCE + 5)]
    assert [each.status_code for each in answers] == [200] * PINGS_AT_ONCE + [429] * 5
    assert answers[-1].headers["retry-after"] == "1"


async def test_where_there_is_no_such_check_the_operator_is_told(stranger: Browser) -> None:
    answer = await stranger.client.post("/api/v1/values/payments.nothing", json={"value": 1}, headers=OPERATOR)
    assert answer.status_code == 404
