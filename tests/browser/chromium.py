"""Chromium for tests: the system's, found or missed loudly. `make test` brings it (tests/bring-chromium)."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)  # five seconds, its own default, are short where four tests share two cores
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def found() -> str:
    """The path of the system's Chromium. Raises FileNotFoundError: a browser test is never skipped."""
    named = os.environ.get("CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        raise FileNotFoundError("no Chromium on this machine: run tests/bring-chromium, or name one in CHROMIUM")
    return path


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser that speaks to nobody but the pages it is sent to."""
    # Chromium's own sandbox needs a user of its own: root has none to drop to.
    alone = ("--no-sandbox",) if os.geteuid() == 0 else ()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found(), args=[*QUIET, *alone])
        try:
            yield browser
        finally:
            await browser.close()


def pictured() -> str:
    """The folder for pictures that SENTINEL_SHOTS names, else nothing."""
    return os.environ.get("SENTINEL_SHOTS", "")


async def shot(page: Page, name: str) -> None:
    """A picture of the whole page, wide and as a phone has it, light and dark, where pictures are wanted."""
    folder = pictured()
    if not folder:
        return
    for width, size in (("wide", WIDE), ("phone", PHONE)):
        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            await page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True, animations="disabled")
    await page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
