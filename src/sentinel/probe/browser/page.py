"""Page: the steps done on a page in the browser, waited for and judged by what a reader of the page sees.

Belongs here: Playwright's calls, its errors in our words. Does not belong here: what a step holds (step.py), the browser's life
(chromium.py).
"""

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Error, Locator, Page, Response
from playwright.async_api import TimeoutError as TooSlow

from sentinel.model.web import wire_address
from sentinel.probe.browser.proxy import Proxy
from sentinel.probe.browser.step import Expect, KeepShown, PageStep
from sentinel.probe.condition import EXCERPT
from sentinel.probe.journey.fill import LONGEST, address, filled
from sentinel.probe.journey.keep import NotFound, between
from sentinel.probe.reach import Reach
from sentinel.probe.trouble import Failed, ours, theirs

LOOK_EVERY: Final = 0.1
_NET: Final = {
    "ERR_CERT_DATE_INVALID": "the certificate has expired, or is not valid yet",
    "ERR_CERT_AUTHORITY_INVALID": "the certificate is not from an authority that the browser trusts",
    "ERR_CERT_COMMON_NAME_INVALID": "the certificate is for another name",
    "ERR_CERT_REVOKED": "the certificate was revoked",
    "ERR_SSL_PROTOCOL_ERROR": "no TLS connection",
    "ERR_EMPTY_RESPONSE": "the connection was closed without an answer",
    "ERR_CONNECTION_CLOSED": "the connection was closed",
    "ERR_CONNECTION_RESET": "connection reset",
    "ERR_INVALID_HTTP_RESPONSE": "the answer is not proper HTTP",
    "ERR_TOO_MANY_REDIRECTS": "redirected in circles",
    "ERR_ABORTED": "the address is a download, not a page",
}


class Pane:
    """One page and what has been kept from it."""

    def __init__(self, page: Page, proxy: Proxy, reach: Reach, values: dict[str, str], site: str) -> None:
        self._page = page
        self._proxy = proxy
        self._reach = reach
        self._values = values
        self._site = site
        self._is_dead = False
        page.on("crash", self._died)
        self.filled: list[str] = []
        """Selectors of fields into which something was put: pictures leave them out."""

    async def take(self, step: PageStep) -> dict[str, str]:
        """Do one step; what is to be kept of it."""
        began, within = monotonic(), step.within.total_seconds()
        try:
            if step.open is not None:
                await self._open(step.open)
            await self._act(step, 1000 * within)
            if step.expect is not None:
                await self._expect(Expect.model_validate(filled(step.expect.model_dump(), self._values)), within)
            kept = {name: await self._kept(keep, 1000 * within) for name, keep in step.keep.items()}
        except Error as error:
            raise ours(f"the browser failed: {error.message.strip().splitlines()[0][:200]}") from None
        except Failed:
            browser = self._page.context.browser
            if self._is_dead or browser is None or not browser.is_connected():
                raise ours("our own browser died") from None
            raise
        took = 1000 * (monotonic() - began)
        if step.below_ms is not None and took >= step.below_ms:
            raise theirs(f"took {took:.0f} ms, expected below {step.below_ms:.0f} ms")
        return kept

    def _died(self, _: Page) -> None:
        self._is_dead = True

    async def text(self) -> str:
        """What the page shows, as far as it can be read now."""
        try:
            return await self._page.inner_text("body", timeout=1000)
        except Error:
            return ""

    async def about(self) -> str:
        """Title, address and text, for somebody who was not there; nothing where the browser shows a page of its own."""
        if self._page.url.startswith("chrome-error:"):
            return ""
        title = await self._titled()
        return "\n".join(part for part in (title, self._page.url, "", await self.text()) if part or title)

    async def picture(self) -> bytes:
        """What is to be seen of it, without what we have filled in. Raises Playwright's Error."""
        covered = [self._page.locator(selector) for selector in dict.fromkeys(self.filled)]
        return await self._page.screenshot(type="png", animations="disabled", mask=covered, timeout=2000)

    async def _titled(self) -> str:
        try:
            return await self._page.title()
        except Error:
            return ""

    async def _open(self, written: str) -> None:
        url = address(written, self._values)
        try:
            url = wire_address(self._site.rstrip("/") + url if url.startswith("/") else url)
        except ValueError:
            raise theirs("what was kept makes no address that can be opened") from None
        self._proxy.forget()
        answer: Response | None = None
        with self._reach.during("loading the page"):
            try:
                answer = await self._page.goto(url, wait_until="domcontentloaded", timeout=0)
            except Error as error:
                raise self._unloaded(url, error) from None
        trouble = self._proxy.troubles.get(urlsplit(answer.url).hostname or "") if answer else None
        if trouble is not None:
            raise trouble
        if answer is not None and answer.status >= 400:
            raise theirs(f"status {answer.status}, expected 2xx or 3xx; {_shows(await self.text())}")

    def _unloaded(self, url: str, error: Error) -> Failed:
        _, _, code = error.message.partition("net::")
        code = code.split()[0].strip(".,;:") if code.split() else ""
        known = self._proxy.troubles.get(urlsplit(url).hostname or "")
        if known is None and code == "ERR_TUNNEL_CONNECTION_FAILED":  # by a redirect to somewhere else
            known = self._proxy.last
        if known is not None:
            return known
        if not code:
            return ours(f"the browser failed: {error.message.strip().splitlines()[0][:200]}")
        if code == "ERR_UNSAFE_PORT":
            return ours("browsers refuse to go to that port")
        return theirs(_NET.get(code, f"the page could not be loaded ({code[:60]})"))

    async def _act(self, step: PageStep, patience: float) -> None:
        for selector, text in step.fill.items():
            self.filled.append(filled(selector, self._values))
            await self._done(
                self._first(selector).fill(filled(text, self._values), timeout=patience), "fill in", selector, step
            )
        for selector, text in step.select.items():
            await self._done(
                self._first(selector).select_option(filled(text, self._values), timeout=patience), "choose", selector, step
            )
        if step.click is not None:
            await self._done(self._first(step.click).click(timeout=patience), "click", step.click, step)

    def _first(self, selector: str) -> Locator:
        return self._page.locator(filled(selector, self._values)).first

    async def _done(self, doing: Awaitable[Any], what: str, selector: str, step: PageStep) -> None:
        with self._reach.during(f"waiting for something to {what} at {selector}"):
            try:
                await doing
            except TooSlow:
                within = f"{step.within.total_seconds():g} s"
                raise theirs(f"there was nothing to {what} at {selector} within {within}") from None
            except Error as error:
                if "strict mode" in error.message or "selector" in error.message.lower():
                    raise ours(f"the selector {selector} cannot be used") from None
                raise theirs(f"could not {what} at {selector}: {error.message.strip().splitlines()[0][:120]}") from None

    async def _expect(self, expect: Expect, within: float) -> None:
        until = monotonic() + within
        with self._reach.during("waiting for what is expected"):
            while wrong := await self._wrong(expect):
                if monotonic() >= until:
                    what, instead = wrong
                    raise theirs(f"{what} after {within:g} s" + (f"; {instead}" if instead else ""))
                await asyncio.sleep(LOOK_EVERY)

    async def _wrong(self, expect: Expect) -> tuple[str, str] | None:
        """What is not yet so, and what is so instead."""
        page = self._page
        if expect.url is not None and expect.url not in page.url:
            return f"the address lacks “{expect.url}”", f"it is {page.url[:200]}"
        if expect.title is not None and expect.title not in (title := await self._titled()):
            return f"the title lacks “{expect.title}”", f"it is “{title[:100]}”"
        if expect.selector is not None and not await self._visible(expect.selector):
            return f"nothing was to be seen at {expect.selector}", ""
        text = await self.text() if expect.text is not None or expect.lacks is not None else ""
        for wanted in _several(expect.text):
            if wanted not in text:
                return f"the page lacks “{wanted}”", _shows(text)
        for unwanted in _several(expect.lacks):
            if unwanted in text:
                return f"the page shows “{unwanted}”", ""
        return None

    async def _visible(self, selector: str) -> bool:
        try:
            return await self._page.locator(selector).first.is_visible()
        except Error as error:
            if "selector" in error.message.lower():
                raise ours(f"the selector {selector} cannot be used") from None
            return False

    async def _kept(self, keep: KeepShown, patience: float) -> str:
        selector = keep.text_of or keep.value_of
        if selector is None:
            assert keep.between is not None, "KeepShown says one thing"
            try:
                value = between(await self.text(), *keep.between)
            except NotFound as error:
                raise theirs(str(error)) from None
        else:
            found = self._first(selector)
            try:
                got = found.inner_text(timeout=patience) if keep.text_of else found.input_value(timeout=patience)
                value = (await got).strip()
            except TooSlow:
                raise theirs(f"there was nothing to keep at {selector}") from None
        if len(value) > LONGEST:
            raise theirs(f"what is to be kept has {len(value)} characters, more than {LONGEST}")
        return value


def _several(given: Any) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _shows(text: str) -> str:
    words = " ".join(text.split())
    return f"it shows “{words[:EXCERPT]}{'…' if len(words) > EXCERPT else ''}”" if words else "it shows nothing"
