"""The walk: the steps of a journey, one after the other, each given what those before it kept; then the clean-up, always.

Belongs here: the order, the time that is kept for the clean-up, what a failing step leaves as evidence. Does not belong here:
what a step is (step.py), requests (web.py), mails (mailbox.py).
"""

import asyncio
import os
import ssl
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from time import monotonic
from typing import Any, Final

from sentinel.model.secret import Secret
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen, judge, rules
from sentinel.probe.exchange import EXCERPT_LIMIT
from sentinel.probe.journey import clock
from sentinel.probe.journey.fill import UNIQUE, disguises, filled, names_in
from sentinel.probe.journey.keep import NotFound, found
from sentinel.probe.journey.mailbox import Mailbox
from sentinel.probe.journey.step import Mail, Step
from sentinel.probe.journey.web import Web
from sentinel.probe.reach import Reach, tls_context
from sentinel.probe.trouble import Failed, ours, theirs

CLEAN_UP_AT_MOST: Final = 10.0
CLEAN_UP_SHARE: Final = 0.25
"""Of the whole time: what is kept back for the clean-up."""
MARGIN: Final = 0.05
"""Seconds that the clean-up ends before the time limit over everything, which would put its own words in place of ours."""
LOOK_EVERY: Final = 1.0
"""Seconds between two looks into a mailbox."""
SHORTEST_HIDDEN: Final = 8
"""Characters from which on what was kept is never told: shorter ones are numbers and words that stand anywhere."""
_USUAL: Final = Conditions(status=("2xx", "3xx"))
_OF_ONE_CONNECTION: Final = ("dns_ms", "connect_ms", "tls_ms", "ip")


async def walk(
    steps: Sequence[Step],
    always: Sequence[Step],
    secrets: Mapping[str, Secret],
    reach: Reach,
    *,
    site: str = "",
    ca: str | None = None,
    verify: bool = True,
) -> Seen:
    """All steps; the first that fails ends them and is raised."""
    try:
        tls = tls_context(ca=ca, verify=verify)
    except (OSError, ssl.SSLError):
        raise ours("the certificate bundle cannot be read") from None
    kept_back = min(CLEAN_UP_AT_MOST, CLEAN_UP_SHARE * reach.seconds) if always else 0.0
    async with Web(reach, tls, site) as web:
        walker = _Walker(web, reach, secrets)
        try:
            async with clock.keeping_back(kept_back, reach), AsyncExitStack() as mailboxes:
                await walker.note_mailboxes(steps, mailboxes)
                for count, step in enumerate(steps, 1):
                    await walker.take(step)
                    reach.facts["steps_done"] = count
        finally:
            if always:
                await walker.clean_up(always)
            for name in _OF_ONE_CONNECTION:
                reach.facts.pop(name, None)
    return Seen(facts={})


class _Walker:
    """What has been kept so far, and where it has got to."""

    def __init__(self, web: Web, reach: Reach, secrets: Mapping[str, Secret]) -> None:
        self._web = web
        self._reach = reach
        self._values = {name: secret.reveal() for name, secret in secrets.items()}
        for value in self._values.values():
            reach.secrets.extend(disguises(value))
        self._values[UNIQUE] = os.urandom(6).hex()
        self._mailboxes: dict[str, tuple[Mailbox, int]] = {}
        reach.facts["steps_done"] = 0

    async def note_mailboxes(self, steps: Sequence[Step], until: AsyncExitStack) -> None:
        """Which mail will be the next in each mailbox, before anything is done: an older one is never taken for ours."""
        for step in steps:
            if step.mail is not None:
                self._reach.secrets.extend(disguises(step.mail.password.reveal()))
                mailbox = Mailbox(step.mail, self._reach)
                until.push_async_callback(mailbox.close)
                self._mailboxes[step.step] = mailbox, await mailbox.open()

    async def take(self, step: Step) -> None:
        """One step: do it, judge it, keep what is wanted of it."""
        with clock.step(step.step, self._reach):
            began = monotonic()
            seen = await (self._mail(step, step.mail) if step.mail is not None else self._web.ask(step, self._values))
            # Twice what is kept: it is cut once more when it has been cleaned, and half a secret would not be known for one.
            self._reach.evidence = bytes(seen.body[: 2 * EXCERPT_LIMIT]).decode("utf-8", "replace")
            facts = {**seen.facts, "total_ms": round((monotonic() - began) * 1000, 1)}
            self._judge(step, Seen(facts=facts, body=seen.body, charset=seen.charset, headers=seen.headers))
            for name, keep in step.keep.items():
                try:
                    self._keep(name, found(keep, seen, self._web.cookie))
                except NotFound as error:
                    raise theirs(str(error)) from None

    async def clean_up(self, always: Sequence[Step]) -> None:
        """What is done in any case, each step even where one before it failed. It alters no verdict, and says so in facts."""
        reach = self._reach
        evidence, phase, came_to = reach.evidence, reach.phase, reach.facts.get("step")
        troubles: list[str] = []
        try:
            async with asyncio.timeout(reach.left - MARGIN):
                for step in always:
                    try:
                        self._has_all(step)
                        await self.take(step)
                    except Failed as failed:
                        troubles.append(failed.trouble.reason)
        except TimeoutError:
            troubles.append(f"timed out while {reach.phase}")
        reach.facts["cleaned_up"] = not troubles
        if troubles:
            reach.facts["clean_up_trouble"] = "; ".join(troubles)[:1000]
        reach.evidence, reach.phase = evidence, phase
        if came_to is not None:
            reach.facts["step"] = came_to

    def _has_all(self, step: Step) -> None:
        """A step that failed may have kept nothing of what the clean-up would need."""
        for name in names_in(step.model_dump(mode="json", by_alias=True)):
            if name not in self._values:
                raise theirs(f"step `{step.step}`: not done, since nothing was kept as `{name}`")

    def _judge(self, step: Step, seen: Seen) -> None:
        up = Conditions.model_validate(filled(step.up.model_dump(by_alias=True, exclude_none=True), self._values))
        if up.status is None and step.mail is None:
            up = up.model_copy(update={"status": _USUAL.status})
        judged = judge(seen, rules(up, Conditions(), Conditions()))
        if judged.reason:
            raise theirs(judged.reason)

    def _keep(self, name: str, value: str) -> None:
        self._values[name] = value
        if len(value) >= SHORTEST_HIDDEN:
            self._reach.secrets.extend(disguises(value))

    async def _mail(self, step: Step, mail: Mail) -> Seen:
        mailbox, first = self._mailboxes[step.step]
        subject: Any = filled(mail.subject, self._values)
        until = monotonic() + mail.within.total_seconds()
        with self._reach.during("waiting for the mail"):
            while (text := await mailbox.look(first, subject)) is None:
                if monotonic() >= until:
                    words = f"{mail.within.total_seconds():g} s"
                    raise theirs(f"no mail with “{mail.subject}” in its subject came within {words}")
                await asyncio.sleep(min(LOOK_EVERY, max(0.01, until - monotonic())))
        return Seen(facts={}, body=text.encode())
