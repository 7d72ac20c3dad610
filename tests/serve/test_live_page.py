"""The pages in a real browser: they refresh by themselves, disturb nobody who types, and work without a script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from playwright.async_api import ConsoleMessage, Page, expect

from tests.browser.chromium import chromium
from tests.serve import world
from tests.serve.browser import Clock
from tests.serve.hub import MemoryHub
from tests.serve.served import served


def is_fault(said: ConsoleMessage) -> bool:
    """Chromium calls every 4xx an error; a form that was refused is none of the page's."""
    return said.type in ("error", "warning") and "422" not in said.text


@asynccontextmanager
async def console(hub: MemoryHub, clock: Clock, *, script: bool = True) -> AsyncIterator[Page]:
    """A browser, signed in as the lead. What it complains of (a refused script, a foreign style) fails the test."""
    complaints: list[str] = []
    async with served(hub, clock) as url, chromium() as browser:
        page = await browser.new_page(base_url=url, java_script_enabled=script)
        page.on("console", lambda said: complaints.append(said.text) if is_fault(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto("/sign-in")
        await page.fill("#email", world.LEAD.email)
        await page.fill("#password", world.PASSWORD)
        await page.click("button")
        yield page
        await page.close()
    assert complaints == []


async def test_what_changed_is_shown_without_a_reload(hub: MemoryHub, clock: Clock) -> None:
    async with console(hub, clock) as page:
        await page.goto("/incidents/17")
        await expect(page.locator("#head")).to_contain_text("Lena Hart")
        hub.page = replace(hub.page, incident=replace(hub.page.incident, acknowledged_by="Omar Reyes"))
        hub.move("mark-2")
        await expect(page.locator("#head")).to_contain_text("Omar Reyes")
        hub.page = replace(hub.page, incident=replace(hub.page.incident, acknowledged_by="Maria Okafor"))
        hub.move("mark-3")
        await expect(page.locator("#head")).to_contain_text("Maria Okafor")


async def test_words_being_typed_stay_and_their_writer_hears_that_they_may_be_out_of_date(hub: MemoryHub, clock: Clock) -> None:
    async with console(hub, clock) as page:
        await page.goto("/incidents/17")
        await page.fill("#approve-12-count", "184")
        view = hub.notices[12]
        assert view.draft
        hub.notices[12] = replace(view, draft=replace(view.draft, version=2, hash="hash-2"))
        hub.page = replace(hub.page, incident=replace(hub.page.incident, acknowledged_by="Omar Reyes"))
        hub.move("mark-2")
        await expect(page.locator("#head")).to_contain_text("Omar Reyes")
        await expect(page.locator("#stale")).to_be_visible()
        assert await page.input_value("#approve-12-count") == "184"
        assert await page.input_value("#approve-12 input[name=hash]") == "hash-1", "what was read is what is approved"


async def test_what_was_typed_into_a_refused_form_outlives_the_next_change(hub: MemoryHub, clock: Clock) -> None:
    async with console(hub, clock) as page:
        await page.goto("/incidents/17")
        await page.fill("#approve-12-count", "183")
        await page.check("#approve-12 input[name=desk_knows]")
        await page.click("text=Approve and send")
        await expect(page.get_by_role("alert").first).to_contain_text("what you typed is still there")
        hub.page = replace(hub.page, incident=replace(hub.page.incident, acknowledged_by="Omar Reyes"))
        hub.move("mark-2")
        await expect(page.locator("#head")).to_contain_text("Omar Reyes")
        assert await page.input_value("#approve-12-count") == "183"
        assert await page.is_checked("#approve-12 input[name=desk_knows]")
        await expect(page.locator("#approve-12")).to_contain_text("You typed 183")
        await expect(page.locator("#stale")).to_be_visible()


async def test_a_fold_that_was_opened_stays_open(hub: MemoryHub, clock: Clock) -> None:
    async with console(hub, clock) as page:
        await page.goto("/incidents/17")
        await page.click("#words-11-en > summary")
        hub.notices[11] = replace(hub.notices[11], in_doubt=1)
        hub.move("mark-2")
        await expect(page.locator("#waits")).to_contain_text("1 in doubt")
        assert await page.locator("#words-11-en").get_attribute("open") is not None


async def test_a_session_that_ended_leads_to_the_door(hub: MemoryHub, clock: Clock) -> None:
    async with console(hub, clock) as page:
        await page.goto("/")
        await expect(page.locator("#pulse")).to_be_attached()
        hub.sessions.clear()
        async with page.expect_navigation(url="**/sign-in**"):
            # The stream is cut; whatever asks next is led to the door.
            await page.evaluate("htmx.trigger('#pulse', 'sse:changed')")


async def test_without_a_script_everything_can_be_done(hub: MemoryHub, clock: Clock) -> None:
    async with console(hub, clock, script=False) as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.goto("/")
        await page.click(".menu > summary")
        await page.click(".menu >> text=Hold")
        await page.fill("#hold-why", "wrong list")
        await page.click("text=Hold all messages to customers")
        await expect(page.locator("#banners")).to_contain_text("wrong list")
        await page.goto("/incidents/17")
        await page.fill("#approve-12-count", "184")
        await page.click("text=Approve and send")
        await expect(page.locator(".said")).to_contain_text("Approved for 184.")
