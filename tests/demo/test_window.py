"""The newcomer's page over HTTP: its buttons, its limits, and what it shows of what happened."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sentinel.demo.patience import until
from sentinel.demo.services import PAGES, How
from sentinel.demo.stage import Stage
from sentinel.demo.window import SAYS, TITLES, Window
from sentinel.demo.world import DESK, write_world
from tests.demo.test_reading import HOSTILE, write
from tests.steady import steady


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The company and the sinks, real; no hub, which the page must be able to do without."""
    stage = Stage(tmp_path)
    for part in (stage.company, stage.mailroom, stage.slack):
        await part.start()
    stage.world = write_world(
        tmp_path,
        smtp_port=stage.mailroom.port,
        slack_url=stage.slack.url,
        listen=stage.listen,
        urls=stage.company.urls,
        authority=stage.authority.certificate,
    )
    yield stage
    for part in (stage.company, stage.mailroom, stage.slack):
        await part.stop()


@pytest.fixture
async def browser(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    window = Window(stage)
    await window.open()
    async with httpx.AsyncClient(base_url=window.url) as client:
        yield client
    await window.close()


async def press(browser: httpx.AsyncClient, service: str, how: str, **headers: str) -> httpx.Response:
    return await browser.post("/set", data={"service": service, "how": how}, headers=headers)


@pytest.mark.parametrize("how", list(How))
async def test_each_button_does_what_it_says_and_comes_back(stage: Stage, browser: httpx.AsyncClient, how: How) -> None:
    assert set(SAYS) == set(How)
    answer = await press(browser, "payments", how)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert stage.company.state["payments"] is how
    page = (await browser.get("/")).text
    others = set(re.findall(r'name="how" value="(\w+)"', page.partition('id="service-payments"')[2].partition("</article>")[0]))
    assert others == {each.value for each in How} - {how.value}


async def test_no_get_changes_a_service(stage: Stage, browser: httpx.AsyncClient) -> None:
    for path in ("/", "/set?service=payments&how=refuse", "/mail", "/slack", "/demo.css", "/demo.js", "/mail/x@example.net"):
        await browser.get(path)
    assert (await browser.get("/set", params={"service": "payments", "how": "refuse"})).status_code == 405
    assert set(stage.company.state.values()) == {How.HEALTHY}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "elsewhere.example"},
    ],
)
async def test_another_page_cannot_press_a_button(stage: Stage, browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await press(browser, "payments", "refuse", **headers)).status_code == 403
    assert stage.company.state["payments"] is How.HEALTHY


async def test_a_foreign_name_that_leads_here_is_not_shown_the_password(stage: Stage, browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 421
    assert stage.world.password not in answer.text


@pytest.mark.parametrize(("service", "how"), [("claims", "refuse"), ("payments", "gently"), ("", "")])
async def test_what_is_not_there_is_refused(stage: Stage, browser: httpx.AsyncClient, service: str, how: str) -> None:
    assert (await press(browser, service, how)).status_code == 422
    assert set(stage.company.state.values()) == {How.HEALTHY}


async def test_the_page_allows_nothing_but_its_own_files(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r"<script(?! src=\"/demo\.js\")|<style|\sstyle=|\son\w+=", page.text)
    assert not re.search(r'(?:src|action)="(?!/)|<link[^>]*href="(?!/)', page.text)
    for name, kind in (("demo.js", "text/javascript"), ("demo.css", "text/css")):
        answer = await browser.get(f"/{name}")
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
        assert "://" not in answer.text


async def test_it_names_the_services_the_console_and_how_to_sign_in(stage: Stage, browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/")).text
    assert set(TITLES) == set(PAGES)
    for words in (*TITLES.values(), stage.url, stage.world.lead, "dana@northwind.example", stage.world.password):
        assert words in page
    assert "The hub does not answer" in page


async def test_the_inboxes_stand_side_by_side_and_what_was_received_is_only_text(
    stage: Stage, browser: httpx.AsyncClient
) -> None:
    await write(stage.mailroom, DESK, HOSTILE, HOSTILE)
    async with httpx.AsyncClient(headers={"Authorization": "Bearer xoxb-demo"}) as client:
        await client.post(
            stage.slack.url + "chat.postMessage", json={"channel": "C0SERVICE", "text": f"{HOSTILE}\n*bold*\n> say"}
        )
    page = (await browser.get("/")).text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 3
    assert '<p class="bold">bold</p><p class="quote">say</p>' in page
    assert page.count('class="pane ') == 5
    for person in ("NW-100003", "NW-100012", "NW-100020"):
        assert f'id="pane-{person}"' in page


async def test_with_a_real_hub_an_expired_certificate_is_said_and_a_draft_waits(tmp_path: Path) -> None:
    async with Stage(tmp_path, overrides=steady()) as stage:
        window = Window(stage)
        await window.open()
        try:
            async with httpx.AsyncClient(base_url=window.url) as browser:
                assert "Everything works" in (await browser.get("/")).text
                await press(browser, "payments", How.EXPIRED)

                async def drafted() -> bool | None:
                    page = (await browser.get("/")).text
                    return (
                        re.search(r"A message to \d+ customers is drafted", page) and "certificate expired on" in page
                    ) or None

                await until(drafted, 20.0)
        finally:
            await window.close()
