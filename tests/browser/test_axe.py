"""Every page under axe-core in real Chromium, quiet and busy, wide and light, as a phone and dark: it finds nothing.

One rule is off, and why stands beside it. A fault that was planted is found.
"""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from sentinel.demo.window import Window
from sentinel.demo.world import GENTLE
from tests.browser.chromium import PHONE, WIDE, chromium
from tests.steady import steady

VENDOR = Path(__file__).parent / "vendor"
AXE = VENDOR / "axe.min.js"
OFF = {"meta-refresh": {"enabled": False}}
"""The status page and the wallboard load themselves again without a script: what is old there is worse than a lost place."""
RUN = "rules => axe.run(document, {rules}).then(found => found.violations)"
AT_REST = "Promise.allSettled(document.getAnimations().map(one => one.finished))"
OPEN = ("/status", "/status/es", "/status/en/history", "/sign-in", "/invitation")
LEAD = (
    "/", "/declare", "/report", "/hold", "/profile", "/services", "/services/payments", "/checks/payments.card-form",
    "/scorecard",
)  # fmt: skip
DESK = ("/desk", "/desk/wallboard", "/desk/customer", "/places", "/nothing-here")
ADMIN = ("/accounts", "/tokens", "/audit")
BUSY = {*LEAD[:1], *LEAD[2:3], *LEAD[6:], *DESK[:2], *OPEN[:2], "/slack"}
"""What looks otherwise when something is broken."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(tmp_path, overrides=steady(GENTLE)) as stage:
        yield stage


@pytest.mark.timeout(600)
async def test_no_page_has_a_finding_quiet_or_busy(stage: Stage) -> None:
    window = Window(stage)
    await window.open()
    try:
        async with chromium() as browser:
            people = {name: await signed_in(browser, stage, name) for name in ("lena", "dana", "amir")}
            paths = [(people["lena"], LEAD), (people["dana"], DESK), (people["amir"], ADMIN), (await fresh(browser), OPEN)]
            pages = [(page, stage.url + path) for page, some in paths for path in some]
            pages += [(paths[-1][0], window.url), (paths[-1][0], f"{window.url}mail"), (paths[-1][0], f"{window.url}slack")]
            quiet = [line for page, url in pages for line in await findings(page, url)]
            stage.company.break_("payments", How.REFUSE)
            await people["lena"].goto(stage.url)
            await people["lena"].get_by_role("link", name="A message to customers waits").first.click(timeout=20_000)
            await expect(people["lena"].get_by_role("button", name="Approve and send")).to_be_visible(timeout=20_000)
            pages = [each for each in pages if urlsplit(each[1]).path in BUSY]
            pages.append((people["lena"], people["lena"].url))
            busy = [line for page, url in pages for line in await findings(page, url)]
    finally:
        await window.close()
    assert quiet + busy == []


async def test_a_fault_that_was_planted_is_found(stage: Stage) -> None:
    async with chromium() as browser:
        page = await fresh(browser)
        await page.goto(f"{stage.url}/sign-in")
        assert await violations(page) == []
        await page.evaluate("document.querySelectorAll('label').forEach(label => label.remove())")
        await page.evaluate("document.querySelector('h1').style.color = '#dddddd'")
        assert {each["id"] for each in await violations(page)} >= {"label", "color-contrast"}


def test_axe_is_as_it_came() -> None:
    told = (VENDOR / "README.md").read_text(encoding="utf-8")
    assert f"{hashlib.sha256(AXE.read_bytes()).hexdigest()}  {AXE.name}" in told


async def fresh(browser: Browser) -> Page:
    return await (await browser.new_context(locale="en-GB", timezone_id="Europe/Madrid")).new_page()


async def signed_in(browser: Browser, stage: Stage, name: str) -> Page:
    page = await fresh(browser)
    await page.goto(f"{stage.url}/sign-in")
    await page.get_by_label("E-mail").fill(f"{name}@northwind.example")
    await page.get_by_label("Password").fill(stage.world.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Nothing is wrong")).to_be_visible()
    return page


async def findings(page: Page, url: str) -> list[str]:
    """What axe says of one page, wide and light, then as a phone and dark."""
    found = []
    for size, scheme in ((WIDE, "light"), (PHONE, "dark")):
        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
        await page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        await page.goto(url)
        found += [f"{url} {scheme}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in await violations(page)]
    return found


async def violations(page: Page) -> list[Any]:
    await page.evaluate(AT_REST)  # a button caught while its colours change has a contrast that it will not keep
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = await page.evaluate(RUN, OFF)
    return found
