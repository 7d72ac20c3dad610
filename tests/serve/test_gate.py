"""Nobody gets further than their credentials: every route, signed in or not, from our own page or another's."""

from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.secret import Secret
from sentinel.serve import app as application
from sentinel.serve.gate import Need
from tests.serve import world
from tests.serve.browser import ORIGIN, Browser, Clock, client, text_of
from tests.serve.hub import MemoryHub

PUBLIC = {
    "GET /healthz", "GET /readyz", "GET /metrics", "GET /static/{name}", "GET /u/{unsubscribe}", "POST /u/{unsubscribe}",
}  # fmt: skip


def every_route() -> list[tuple[str, str, Need]]:
    """(method, path with its parameters filled in, need) of every route there is."""
    built = application.build(MemoryHub(), world.installation(), Secret("t"), Clock(), scrypt_cost=16)
    found = []
    for route in built.routes:
        assert isinstance(route, Route)
        for method in sorted(route.methods or ()):
            found.append((method, route.path, getattr(route, "need", None) or Need.LEAD))
    return found


def filled(path: str) -> str:
    for part in ("{id:int}", "{incident}", "{notice}"):
        path = path.replace(part, "17" if "incident" in path else "11")
    return (
        path.replace("{action}", "note" if "incident" in path else "approve")
        .replace("{name}", "x")
        .replace("{unsubscribe}", "x")
    )


def test_what_needs_nothing_is_only_what_is_listed_here() -> None:
    open_routes = {f"{method} {path}" for method, path, need in every_route() if need is Need.NOBODY and method != "HEAD"}
    assert open_routes == PUBLIC


def test_an_undeclared_route_is_refused() -> None:
    async def secret(request: Request) -> Response:
        return Response("x")

    with pytest.raises(ValueError, match="do not declare"):
        application.refuse_undeclared([Route("/secret", secret)])


@pytest.mark.parametrize(("method", "path", "need"), every_route())
async def test_without_credentials_no_route_gives_or_changes_anything(method: str, path: str, need: Need) -> None:
    hub = MemoryHub("SECRETMARK")
    async with client(hub, Clock()) as connection:
        answer = await connection.request(method, filled(path), headers={"sec-fetch-site": "same-origin"})
    if need is Need.OPERATOR:
        assert answer.status_code == 401
        assert method == "HEAD" or answer.headers["content-type"] == "application/problem+json"
    elif need in (Need.SIGNED_IN, Need.LEAD):
        # A GET is led to the door; an unsafe method without a form is unreadable, with one is 401 (below).
        assert (answer.status_code, answer.headers.get("location", "")[:14]) in {(303, "/sign-in?next="), (400, "")}
    assert "SECRETMARK" not in answer.text
    assert hub.asked == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("method", "path", "need"), [r for r in every_route() if r[0] == "POST" and r[2] is not Need.OPERATOR])
async def test_a_form_from_another_site_or_without_its_token_is_refused(method: str, path: str, need: Need) -> None:
    if need is Need.NOBODY:
        return
    hub, form = MemoryHub(), {"text": "x", "hash": "hash-1", "count": "184", "hold": "on", "email": "a", "password": "b"}
    async with client(hub, Clock()) as connection:
        browser = Browser(connection)
        await browser.sign_in()
        good = {**form, "token": await browser.form_token()}
        for headers in (
            {},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "none"},
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site", "origin": ORIGIN},
        ):
            answer = await connection.post(filled(path), data=good, headers=headers)
            assert answer.status_code == 403, headers
        if need is not Need.OWN_PAGE:
            for token in ("", "0" * 64, "é"):
                answer = await connection.post(filled(path), data={**form, "token": token}, headers={"origin": ORIGIN})
                assert answer.status_code == 403
    assert hub.asked == []


async def test_an_older_browser_that_sends_only_its_origin_is_let_through(lead: Browser, hub: MemoryHub) -> None:
    form = {"text": "x", "token": await lead.form_token()}
    answer = await lead.client.post("/incidents/17/note", data=form, headers={"origin": ORIGIN})
    assert answer.status_code == 303


async def test_no_get_or_head_changes_anything(lead: Browser, hub: MemoryHub) -> None:
    before = dict(hub.sessions)
    for method, path, _ in every_route():
        if method in ("GET", "HEAD"):
            await lead.client.request(method, filled(path) + "?arrived=yes&hold=on&count=184")
    for path in ("/incidents/17/note", "/notices/12/approve", "/deliveries/2/settle", "/sign-out", "/hold?hold=on"):
        await lead.client.get(path)
    assert (hub.writes, hub.sessions) == (0, before)


async def test_a_viewer_reads_and_changes_nothing(stranger: Browser, hub: MemoryHub) -> None:
    await stranger.sign_in(world.VIEWER.email, world.VIEWER.password.reveal())
    assert (await stranger.get("/incidents/17")).status_code == 200
    answer = await stranger.post("/incidents/17/note", {"text": "mine"})
    assert answer.status_code == 403
    assert "Only a lead" in text_of(answer)
    assert hub.asked == []


async def test_who_is_not_signed_in_is_led_to_the_door_and_back(stranger: Browser) -> None:
    answer = await stranger.get("/notices/11/deliveries?state=in_doubt")
    assert answer.headers["location"] == "/sign-in?next=%2Fnotices%2F11%2Fdeliveries%3Fstate%3Din_doubt"
    page = await stranger.get(answer.headers["location"])
    assert 'value="/notices/11/deliveries?state=in_doubt"' in page.text
    assert (await stranger.sign_in(target="/notices/11/deliveries?state=in_doubt")).headers["location"].endswith("in_doubt")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb", ""])
async def test_the_door_leads_nowhere_else(stranger: Browser, target: str) -> None:
    assert (await stranger.sign_in(target=target)).headers["location"] == "/"


async def test_what_was_typed_is_given_back_when_the_session_has_ended(lead: Browser, hub: MemoryHub, clock: Clock) -> None:
    form = {"text": "Long words\nthat took <i>time</i>", "token": await lead.form_token()}
    clock.now += timedelta(hours=13)
    answer = await lead.client.post("/incidents/17/note", data=form, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 401
    assert "Long words\nthat took &lt;i&gt;time&lt;/i&gt;</textarea>" in answer.text
    assert form["token"] not in answer.text
    assert hub.asked == []


async def test_a_form_that_no_page_of_ours_would_send_is_unreadable(lead: Browser) -> None:
    own = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
    for body in (b"\xff\xfe", b"text=%ff", b"&".join(b"a%d=1" % n for n in range(99))):
        assert (await lead.client.post("/incidents/17/note", content=body, headers=own)).status_code == 400
    parts: httpx._types.RequestFiles = {"text": ("x.txt", b"x")}
    multipart = await lead.client.post("/incidents/17/note", files=parts, headers={"sec-fetch-site": "same-origin"})
    assert multipart.status_code == 400


async def test_no_header_changes_who_somebody_is(stranger: Browser, hub: MemoryHub) -> None:
    headers = {"x-forwarded-user": "lena@northwind.example", "x-remote-user": "lena", "authorization": "Bearer x"}
    assert (await stranger.client.get("/", headers=headers)).status_code == 303
