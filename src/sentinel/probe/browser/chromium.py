"""Chromium: one headless browser for one sample, which ends with it, whatever happens.

Belongs here: finding, starting and ending it. Does not belong here: what is done in it (page.py), its way out (proxy.py). When
this process dies, Playwright's driver sees its pipe end and ends the browser.
"""

import asyncio
import os
import shutil
from contextlib import suppress
from typing import Any, Final

from playwright.async_api import Browser, Error, Page, async_playwright

from sentinel.probe.trouble import ours

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SIZE: Final = {"width": 1280, "height": 900}
_STARTS_WITHIN: Final = 20.0
_ENDS_WITHIN: Final = 5.0
"""Seconds that are waited for one that is to be ended: half started, it can only be ended once it has started."""
_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # it looks up no name itself: the proxy does
)


class Chromium:
    """`start` it, and `end` it whatever happened."""

    def __init__(self, executable: str | None, *, sandbox: bool) -> None:
        self._executable = executable
        # Its sandbox needs a user to drop to, which root has not.
        self._sandbox = sandbox and os.geteuid() != 0
        self._starting: asyncio.Task[Browser] | None = None
        self._driver: Any = None

    async def start(self, port: int, *, verify: bool) -> Page:
        """An empty page whose every connection goes through the proxy at `port` of loopback."""
        # A task of its own, so that no half-started process is forgotten when the time is over meanwhile.
        self._starting = asyncio.create_task(self._start(port))
        try:
            browser = await asyncio.shield(self._starting)
            context = await browser.new_context(ignore_https_errors=not verify, accept_downloads=False, viewport=SIZE)  # type: ignore[arg-type]  # a TypedDict of Playwright's
            return await context.new_page()
        except Error as error:
            raise ours(f"the browser does not start: {_first_line(error)}") from None

    async def end(self) -> None:
        """Close it. A deadline or an end that comes meanwhile waits: it would leave processes behind."""
        ending = asyncio.create_task(self._end())
        while not ending.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(ending)

    async def _start(self, port: int) -> Browser:
        path = self._executable or next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            raise ours("there is no Chromium on this machine: install one, or name it as `executable`")
        self._driver = await async_playwright().start()
        browser: Browser = await self._driver.chromium.launch(
            executable_path=path,
            args=list(_FLAGS),
            chromium_sandbox=self._sandbox,
            proxy={"server": f"http://127.0.0.1:{port}", "bypass": "<-loopback>"},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
        return browser

    async def _end(self) -> None:
        if self._starting is None:
            return
        with suppress(Exception):  # it never came up, or it is gone: all the better
            async with asyncio.timeout(_STARTS_WITHIN):
                browser = await self._starting
            async with asyncio.timeout(_ENDS_WITHIN):
                await browser.close()
        if self._driver is not None:
            with suppress(Exception):
                async with asyncio.timeout(_ENDS_WITHIN):
                    await self._driver.stop()


def _first_line(error: Error) -> str:
    return error.message.strip().splitlines()[0][:200] if error.message.strip() else "no reason is known"
