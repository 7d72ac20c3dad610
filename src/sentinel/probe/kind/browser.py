"""browser: does what a customer does in a real Chromium: opens pages, fills in, clicks, sees. Steps are data, never code.

Lives in the `browser` child, and needs the extra of that name. Belongs here: its options, the facts that it gives, the order of
things in one sample. Does not belong here: the browser, its way out, the steps (browser/), what is good (condition.py).
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.web import web_address
from sentinel.probe.assertion import Conditions
from sentinel.probe.browser.proxy import Proxy
from sentinel.probe.browser.step import PageStep
from sentinel.probe.condition import Seen
from sentinel.probe.journey import clock
from sentinel.probe.journey import step as steps_as_written
from sentinel.probe.journey.fill import UNIQUE, Secrets, disguises
from sentinel.probe.journey.walk import SHORTEST_HIDDEN
from sentinel.probe.option import needs_extra
from sentinel.probe.reach import Reach
from sentinel.probe.trouble import Failed, ours

LIVES_IN: Final = "browser"
FACTS: Final[Mapping[str, FactType]] = {
    "total_ms": "number", "browser_ms": "number", "step": "text", "steps_done": "number", "screenshot": "text",
}  # fmt: skip
KEPT_BACK_SHARE: Final = 0.2
KEPT_BACK_AT_MOST: Final = 3.0
"""Seconds of the time that are kept back for looking at a page that failed, and for ending the browser."""


class Options(BaseModel):
    """The steps, and what they are given."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    steps: Annotated[tuple[PageStep, ...], Field(min_length=1, max_length=20)]
    """What is done, in this order, until a step fails. The first one opens a page."""
    secrets: Secrets = {}
    """Name → a reference; steps write `{name}`."""
    site: Annotated[str, Field(max_length=8192), AfterValidator(web_address)] | None = None
    """What addresses stand on that begin with /."""
    verify: bool = True
    """Whether certificates must be valid for their hosts. The browser trusts its own authorities and this machine's."""
    pictures: Annotated[str, Field(max_length=1000, pattern=r"^/")] | None = None
    """An absolute folder, where the prober runs, for pictures of pages that failed, the newest 20; left out: none is taken."""
    executable: Annotated[str, Field(max_length=1000, pattern=r"^/")] | None = None
    """Path of the Chromium; left out: the first of `chromium`, `google-chrome` and their like on PATH."""
    sandbox: bool = True
    """Whether pages run in Chromium's own sandbox. A container may forbid it; root never has it."""

    @model_validator(mode="after")
    def _make_sense_together(self) -> "Options":
        needs_extra("browser", "playwright", "browser")
        steps_as_written.told_apart([step.step for step in self.steps])
        data = ("open", "fill", "select", "click", "expect", "keep")
        steps_as_written.known(
            ((step.step, step.model_dump(include=set(data)), step.keep) for step in self.steps), self.secrets
        )
        if self.steps[0].open is None or self.steps[0].open.startswith("{"):
            raise ValueError("the first step must `open` an address")
        for step in self.steps:
            self._aimed(step)
        return self

    def _aimed(self, step: PageStep) -> None:
        if step.open is None or step.open.startswith("{"):
            return
        if step.open.startswith("/") and self.site is None:
            raise ValueError(f"step `{step.step}`: its address begins with /, so say what `site` it stands on")
        try:
            web_address((self.site or "").rstrip("/") + step.open if step.open.startswith("/") else step.open)
        except ValueError as error:
            raise ValueError(f"step `{step.step}`: {error}") from None


def facts_of(options: Mapping[str, Any]) -> Mapping[str, FactType]:
    """How long each step takes."""
    return steps_as_written.facts_of(str(step["step"]) for step in options["steps"])


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    first = options.steps[0].open or ""
    return urlsplit(options.site or "" if first.startswith("/") else first).hostname or ""


def assumed(up: Conditions) -> Conditions:
    """Each step says for itself what must hold."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One walk through all steps in a fresh browser."""
    from sentinel.probe.browser.chromium import Chromium  # the extra, which is there: Options has looked

    values = {name: secret.reveal() for name, secret in options.secrets.items()} | {UNIQUE: os.urandom(6).hex()}
    for secret in options.secrets.values():
        reach.secrets.extend(disguises(secret.reveal()))
    first = urlsplit(options.site or "" if (options.steps[0].open or "").startswith("/") else options.steps[0].open or "")
    await reach.addresses(host(options), first.port or (443 if first.scheme == "https" else 80))  # else why start a browser
    reach.facts.clear()
    proxy, chromium = Proxy(reach), Chromium(options.executable, sandbox=options.sandbox)
    try:
        return await _walked(options, reach, values, proxy, chromium)
    finally:
        await chromium.end()
        await proxy.close()


async def _walked(options: Options, reach: Reach, values: dict[str, str], proxy: Proxy, chromium: Any) -> Seen:
    from sentinel.probe.browser.page import Pane

    pane: Pane | None = None
    reach.facts["steps_done"] = 0
    began = monotonic()
    try:
        async with clock.keeping_back(min(KEPT_BACK_AT_MOST, KEPT_BACK_SHARE * reach.seconds), reach):
            with reach.during("starting the browser", "browser_ms"):
                page = await chromium.start(await proxy.open(), verify=options.verify)
            pane, began = Pane(page, proxy, reach, values, options.site or ""), monotonic()
            for count, step in enumerate(options.steps, 1):
                with clock.step(step.step, reach):
                    kept = await pane.take(step)
                values.update(kept)
                for value in kept.values():
                    reach.secrets.extend(disguises(value) if len(value) >= SHORTEST_HIDDEN else ())
                reach.facts["steps_done"] = count
    except Failed as failed:
        if pane is None:
            raise ours(failed.trouble.reason) from None
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.1, reach.left - 0.5)):
                await _explain(pane, options, reach)
        raise
    finally:
        reach.facts["total_ms"] = round(1000 * (monotonic() - began), 1)  # a browser's start is no part of what is looked at
    return Seen(facts={})


async def _explain(pane: Any, options: Options, reach: Reach) -> None:
    from sentinel.probe.browser.picture import picture

    reach.evidence = await pane.about()
    if options.pictures is not None and (path := await picture(pane, options.pictures, str(reach.facts.get("step", "")))):
        reach.facts["screenshot"] = path
