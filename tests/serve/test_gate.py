"""The manners of the gate. (Who gets through to which route: test_matrix.py walks them all.)"""

from datetime import timedelta

import httpx
import pytest

from tests.serve import world
from tests.serve.browser import ORIGIN, Browser, Clock, text_of
from tests.serve.hub import MemoryHub


async def test_an_older_browser_that_sends_only_its_origin_is_let_through(lead: Browser, hub: MemoryHub) -> None:
    form = {"text": "x", "token": await lead.form_token()}
    answer = await lead.client.post("/incidents/17/note", data=form, headers={"origin": ORIGIN})
    assert answer.status_code == 303


async def test_a_viewer_reads_and_changes_nothing(stranger: Browser, hub: MemoryHub) -> None:
    await stranger.sign_in(world.VIEWER.email, world.VIEWER.password.reveal())
    assert (await stranger.get("/incidents/17")).status_code == 200
    answer = await stranger.post("/incidents/17/note", {"text": "mine"})
    assert answer.status_code == 403
    assert "needs the right declare, which your roles do not give" in text_of(answer)
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
