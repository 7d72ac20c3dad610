"""Dana at the desk, in real Chromium: she counts callers while she types, copies the sentence, and puts a caller on the list.

A hub of its own process, real mail. What the caller received is read from the mail server, never from the page.
"""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from sentinel.demo.lead import Lead
from sentinel.demo.patience import until_true
from sentinel.demo.post import Post, of_segments, one_each
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from tests.browser.chromium import chromium, shot
from tests.browser.test_story import LONGER
from tests.steady import steady

DANA = "dana@northwind.example"
CALLER = "olga.nowak@example.com"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.timeout(600)
async def test_dana_counts_copies_and_lists_a_caller_who_is_then_told_of_the_end(tmp_path: Path) -> None:
    async with Stage(tmp_path, overrides=steady(LONGER)) as stage, chromium() as browser:
        context = await browser.new_context(locale="en-GB", timezone_id="Europe/Madrid")
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        post, lead = Post(stage), Lead(stage.url, stage.folder / "sentinel.db", stage.world.lead, stage.world.password)
        everybody = one_each(of_segments("payers"))
        try:
            await lead.sign_in()
            await sign_in(page, stage)
            stage.company.break_("payments", How.REFUSE)
            # Nobody loads the page again: it hears of the incident by itself.
            await expect(page.get_by_role("heading", name="What to say now")).to_be_visible(timeout=15_000)
            await expect(page.get_by_role("heading", name="Online payments are not working")).to_be_visible()

            await begin_to_type(page)
            await count_two_callers(page)
            await expect_typed(page)
            await copy(page)

            incident = (await lead.read("incidents"))["incidents"][0]["incident"]["id"]
            draft = await lead.draft_when(incident, "opened")
            await lead.approve(incident, draft["notice"]["id"], desk_knows=True)
            await until_true(lambda: len(post.new) >= everybody.total(), 30)
            await expect(page.locator("#desk-open .sentence").first).to_contain_text("We expect it back", timeout=15_000)
            await expect_typed(page)
            await shot(page, "5-desk")

            await put_on_the_list(page)
            assert [mail for mail in post.empty() if CALLER in mail.recipients] == [], "nothing is sent to them now"
            stage.company.heal("payments")
            await until_true(lambda: any(CALLER in mail.recipients for mail in post.new), 30)
            await until_true(lambda: len(post.new) >= everybody.total() + 1, 30)
        finally:
            await lead.close()
    (closing,) = (mail for mail in post.empty() if CALLER in mail.recipients)
    assert "Dear Ms Nowak" in closing.text
    assert "back to normal" in closing.subject


async def sign_in(page: Page, stage: Stage) -> None:
    await page.goto(f"{stage.url}/desk")
    await page.get_by_label("E-mail").fill(DANA)
    await page.get_by_label("Password").fill(stage.world.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Nothing is open")).to_be_visible()


async def begin_to_type(page: Page) -> None:
    await page.get_by_label("Their e-mail address", exact=True).fill(CALLER)
    await page.get_by_label("Their name, as a letter begins").fill("Ms Nowak")


async def expect_typed(page: Page) -> None:
    await expect(page.get_by_label("Their e-mail address", exact=True)).to_have_value(CALLER)
    await expect(page.get_by_label("Their name, as a letter begins")).to_have_value("Ms Nowak")


async def count_two_callers(page: Page) -> None:
    """Each press counts once, and the page is not loaded anew."""
    await page.evaluate("window.same = true")
    topic = page.locator('[id="topic-payments.cannot_pay"]')
    for count in ("1", "2"):
        await topic.get_by_role("button", name=re.compile(r"\+1 caller")).click()
        await expect(topic.locator(".counts strong").first).to_have_text(count)
    assert await page.evaluate("window.same") is True


async def copy(page: Page) -> None:
    """The sentence to say, whole, and nothing else."""
    sentence = page.locator("#desk-open .sentence").first
    # News may put another button in its place at that very moment: then a person presses again.
    for _ in range(5):
        await page.locator("#desk-open").get_by_role("button", name="Copy").first.click()
        with suppress(AssertionError):
            await expect(page.get_by_role("button", name="Copied")).to_be_visible(timeout=3000)
            break
    said = (await sentence.inner_text()).strip()
    assert said
    assert await page.evaluate("navigator.clipboard.readText()") == said


async def put_on_the_list(page: Page) -> None:
    await page.get_by_label("I told them on the phone").check()
    await page.get_by_role("button", name="Put them on the list").click()
    await expect(page.get_by_role("status").filter(has_text="They are on the list")).to_be_visible()
