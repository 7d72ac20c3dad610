"""The face for agents: who is answered what, without cookie or form, and that what is not on disk is not acknowledged (P2)."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from sentinel.serve import shield
from sentinel.serve.shield import BODY_LIMIT, REPORT_LIMIT
from tests.serve.browser import Browser, Clock
from tests.serve.hub import MemoryHub
from tests.serve.served import served
from tests.serve.standin_agents import CREDENTIAL, TOKEN

REPORT, ENROL = "/agents/report", "/agents/enrol"
BEARER = {"authorization": f"Bearer {CREDENTIAL}"}
ASKED = {"token": TOKEN, "credential_hash": "a" * 64, "place": "madrid", "host": "machine-7", "version": "0.1.0"}


async def test_a_report_is_taken_without_cookie_form_or_origin(stranger: Browser, hub: MemoryHub) -> None:
    answer = await stranger.client.post(REPORT, content=b"hello\n", headers=BEARER)
    assert (answer.status_code, answer.headers["sentinel-protocol"]) == (200, "2")
    assert hub.agents_reported == [b"hello\n"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("given", [None, "Bearer", "Basic x", "Bearer no", "Bearer " + "x" * 600])
async def test_without_its_credential_nobody_reports(lead: Browser, hub: MemoryHub, given: str | None) -> None:
    answer = await lead.client.post(REPORT, content=b"hello\n", headers={} if given is None else {"authorization": given})
    assert answer.status_code == 401
    assert hub.agents_reported == []


async def test_whoever_guesses_is_throttled_and_does_not_lock_the_agent_out(stranger: Browser, hub: MemoryHub) -> None:
    answers = [
        (await stranger.client.post(REPORT, content=b"", headers={"authorization": f"Bearer {n}"})).status_code
        for n in range(60)
    ]
    assert answers[-1] == 429
    assert (await stranger.client.post(REPORT, content=b"hello\n", headers=BEARER)).status_code == 200


async def test_what_cannot_be_stored_is_not_acknowledged_and_nothing_of_ours_is_told(stranger: Browser, hub: MemoryHub) -> None:
    hub.store_is_gone = True
    answer = await stranger.client.post(REPORT, content=b"hello\n", headers=BEARER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "hunter2" not in answer.text


async def test_a_report_may_be_larger_than_other_bodies_and_is_bounded_all_the_same(stranger: Browser, hub: MemoryHub) -> None:
    assert (await stranger.client.post(REPORT, content=b"x" * (BODY_LIMIT + 1), headers=BEARER)).status_code == 200
    assert (await stranger.client.post(REPORT, content=b"x" * (REPORT_LIMIT + 1), headers=BEARER)).status_code == 413
    assert (await stranger.client.post(ENROL, content=b"x" * (BODY_LIMIT + 1))).status_code == 413


async def answered(url: str, head: str, *, then: bytes = b"") -> bytes:
    """All that comes until the connection ends, to a request of which the head comes at once and the body only `then`."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"POST {REPORT} HTTP/1.1\r\nhost: x\r\ncontent-length: {REPORT_LIMIT}\r\n{head}\r\n".encode() + then)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


async def test_a_stranger_is_answered_before_its_body_and_holds_no_connection(hub: MemoryHub, clock: Clock) -> None:
    async with served(hub, clock) as url:
        for head in ("", "authorization: Bearer guessed\r\n"):
            assert (await answered(url, head)).startswith(b"HTTP/1.1 401 "), "and then the connection ended"
        for _ in range(20):
            last = await answered(url, "authorization: Bearer guessed\r\n", then=b"x" * 1000)
        assert last.startswith(b"HTTP/1.1 429 ")


async def test_a_report_that_stops_in_the_middle_is_refused_in_time(
    hub: MemoryHub, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shield, "BODY_SECONDS", 0.1)
    async with served(hub, clock) as url:
        said = await answered(url, f"authorization: Bearer {CREDENTIAL}\r\n", then=b"hello\n")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert hub.agents_reported == []


async def test_while_nobody_can_look_a_credential_up_the_agent_is_asked_to_come_again(
    stranger: Browser, hub: MemoryHub
) -> None:
    hub.credentials_are_gone = True
    answer = await stranger.client.post(REPORT, content=b"hello\n", headers=BEARER)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["connection"]) == (503, "5", "close")


async def test_an_agent_enrols(stranger: Browser) -> None:
    answer = await stranger.client.post(ENROL, json=ASKED)
    assert (answer.status_code, answer.json()) == (200, {"agent": 1, "place": "madrid"})


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"[" * 9000, b'{"token": 5}'])
async def test_what_is_no_request_to_enrol_is_refused(stranger: Browser, body: bytes) -> None:
    assert (await stranger.client.post(ENROL, content=body)).status_code == 400


@pytest.mark.parametrize(("field", "value"), [("place", ""), ("host", "x" * 256), ("version", "\u001b[2J"), ("place", 5)])
async def test_a_field_that_no_agent_says_is_refused(stranger: Browser, field: str, value: Any) -> None:
    assert (await stranger.client.post(ENROL, json={**ASKED, field: value})).status_code == 400


async def test_a_token_that_is_not_known_is_refused_and_guessing_is_throttled(stranger: Browser) -> None:
    answers = [(await stranger.client.post(ENROL, json={**ASKED, "token": str(n)})).status_code for n in range(60)]
    assert (answers[0], answers[-1]) == (401, 429)
