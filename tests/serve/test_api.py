"""The JSON API, against the real application over ASGI."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sentinel.model import command as ask
from sentinel.serve.api.problem import refusal
from tests.serve import world
from tests.serve.browser import TOKEN, Browser, Clock, client
from tests.serve.hub import MemoryHub


@pytest.fixture
async def api(hub: MemoryHub, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    async with client(hub, clock) as connection:
        connection.headers["authorization"] = f"Bearer {TOKEN}"
        yield connection


async def test_a_command_is_carried_out_in_the_operators_name(api: httpx.AsyncClient, hub: MemoryHub) -> None:
    body = {"do": "approve", "notice": 12, "hash": "hash-1", "count": 184}
    answer = await api.post("/api/v1/commands", json=body, headers={"sentinel-as": "maria"})
    assert (answer.status_code, answer.json()["said"]) == (200, "Approved for 184.")
    assert hub.asked == [(ask.Approve(notice=12, hash="hash-1", count=184), "operator maria")]


def test_a_store_that_others_hold_is_no_broken_hub_and_says_when_to_ask_again() -> None:
    said = refusal(ask.Refused(code="busy", why="others held the store"))
    assert (said.status, said.code, said.headers) == (503, "busy", {"retry-after": "1"})


@pytest.mark.parametrize("name", ["", "maria okafor", "x" * 65, "<b>", "-x"])
async def test_a_name_that_is_none_is_left_out(api: httpx.AsyncClient, hub: MemoryHub, name: str) -> None:
    await api.post("/api/v1/commands", json={"do": "hold", "on": True}, headers={"sentinel-as": name})
    assert hub.asked[0][1] == "operator"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"do": "approve", "notice": 12, "hash": "hash-1", "count": 3}, 422, "count"),
        ({"do": "approve", "notice": 12, "hash": "old", "count": 184}, 409, "changed"),
        ({"do": "approve", "notice": 99, "hash": "x", "count": 184}, 404, "unknown"),
        ({"do": "note", "incident": 99, "text": "x"}, 404, "no_incident"),
        ({"do": "note", "incident": 17}, 422, "invalid"),
        ({"do": "note", "incident": 17, "text": "x", "who": "the lead"}, 422, "invalid"),
        ({"do": "note", "incident": 10**30, "text": "x"}, 422, "invalid"),
        ({"do": "set_eta", "incident": 17, "until": "2026-11-22T14:30", "reason": "x"}, 422, "invalid"),
        ({"do": "set_phase", "incident": 17, "phase": "over"}, 422, "invalid"),
        ({"do": "explode"}, 422, "invalid"),
        ({}, 422, "invalid"),
        ([], 422, "invalid"),
        (None, 422, "invalid"),
        ("x", 422, "invalid"),
    ],
)
async def test_a_refusal_is_problem_json(api: httpx.AsyncClient, hub: MemoryHub, body: Any, status: int, code: str) -> None:
    answer = await api.post("/api/v1/commands", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (answer.json()["code"], answer.json()["status"]) == (code, status)
    assert answer.json()["detail"]
    assert hub.asked == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 60000, b'{"do": "note", "incident": ' + b"9" * 5000 + b"}"])
async def test_what_is_not_json_is_unreadable_and_not_a_crash(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/api/v1/commands", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer é"],
)
async def test_only_the_operators_token_is_taken(stranger: Browser, hub: MemoryHub, header: str) -> None:
    for method, path in (("GET", "/api/v1/board"), ("POST", "/api/v1/commands")):
        answer = await stranger.client.request(method, path, headers={b"authorization": header.encode()})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_cookie_opens_no_api_and_the_token_no_console(lead: Browser, api: httpx.AsyncClient) -> None:
    assert (await lead.get("/api/v1/board")).status_code == 401
    assert (await api.get("/")).status_code == 303


async def test_the_views_are_the_ports_records(api: httpx.AsyncClient) -> None:
    board = (await api.get("/api/v1/board")).json()
    assert board["services"][0]["checks"][0]["shown"] == "down"
    assert board["open"][0]["until"] == "2026-11-22T13:30:00Z"
    put_back = {"release_needed": False, "restored_from": None, "restored_at": None}
    assert board["hold"] == {"on": False, "why": "", "by": "", "since": None, **put_back}
    assert [line["reference"] for line in (await api.get("/api/v1/incidents")).json()["incidents"]][:1] == ["17-A"]
    page = (await api.get("/api/v1/incidents/17")).json()
    assert page["notices"][0]["draft"]["hash"] == "hash-1"
    assert page["entries"][0]["said"]["kind"] == "opened"
    assert page["estimates"][0]["p80"] == "PT4H"
    assert (await api.get("/api/v1/notices/12")).json()["audience"]["sending"] == 184
    assert (await api.get("/api/v1/books")).json()[0]["balanced"] is True
    assert (await api.get("/api/v1/report")).json()["data"]["incidents"][0]["reference"] == "17-A"


async def test_deliveries_come_in_bounded_pages(api: httpx.AsyncClient) -> None:
    first = (await api.get("/api/v1/notices/11/deliveries?limit=2")).json()
    assert ([row["id"] for row in first["deliveries"]], first["next"]) == ([1, 2], 2)
    doubt = (await api.get("/api/v1/notices/11/deliveries?state=in_doubt&after=2")).json()
    assert [row["id"] for row in doubt["deliveries"]] == [3]
    for bad in ("limit=501", "limit=0", "after=-1", "state=nope", "after=99999999999999999999"):
        answer = await api.get(f"/api/v1/notices/11/deliveries?{bad}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_what_is_not_there_is_404(api: httpx.AsyncClient) -> None:
    for path in ("incidents/18", "incidents/99999999999999999999999", "notices/9", "notices/9/deliveries", "nope"):
        answer = await api.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (await api.delete("/api/v1/board")).status_code == 405


async def test_a_crash_is_a_problem_that_says_little(api: httpx.AsyncClient, hub: MemoryHub) -> None:
    hub.broken = True
    answer = await api.post("/api/v1/commands", json={"do": "hold", "on": True})
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "may or may not" in answer.json()["detail"]


async def test_the_document_lists_every_route_and_needs_the_token(api: httpx.AsyncClient, stranger: Browser) -> None:
    paths = (await api.get("/api/v1/openapi.json")).json()["paths"]
    assert {"/api/v1/commands", "/api/v1/board", "/api/v1/incidents/{incident}", "/api/v1/report"} <= set(paths)
    assert all(path.startswith("/api/v1/") for path in paths)
    assert (await stranger.get("/api/v1/openapi.json")).status_code == 401


async def test_no_view_holds_a_secret(api: httpx.AsyncClient, hub: MemoryHub) -> None:
    hub.held = replace(hub.held, on=True)
    for path in ("board", "incidents/17", "notices/12", "notices/11/deliveries", "books", "report", "openapi.json"):
        text = (await api.get(f"/api/v1/{path}")).text
        assert TOKEN not in text
        assert world.PASSWORD not in text
