"""Scenes of deciding: words that nobody saw, a link, an approval cut in two, the hold, an end that is owed.

Belongs here: these scenes. Does not belong here: the bugs that they find (bugs/deciding.py).
"""

import asyncio
from contextlib import suppress
from typing import Final

from bench.chaos.aimed.stage import drafted, queued
from bench.chaos.blast.aims import CHANCE, Aim
from bench.chaos.blast.scene import SERVICE
from bench.chaos.blast.strike import Hits
from bench.chaos.blast.watch import NeverCame, Watch
from bench.chaos.truth import Truth

LOOKS_UNDER_THE_HOLD: Final = 12
"""A quarter of a second each: the senders have looked at their queue twice by then."""


async def unseen_words(watch: Watch) -> None:
    """Approve with the hash of words that nobody saw (P4)."""
    await watch.try_unseen_words(await drafted(watch))


async def a_link(watch: Watch) -> None:
    """Follow a link that holds all that an approval needs (T8)."""
    await watch.follow_link(await drafted(watch))


async def cut_approval(watch: Watch) -> None:
    """Kill at the first look at which anything of an approval lies on disk: all of it must (F8)."""
    incident = await drafted(watch)
    await watch.hold()
    form = asyncio.create_task(watch.lena.try_to_approve(incident, await watch.waiting_draft(incident)))
    with suppress(NeverCame):
        await watch.until("an approval lies on disk", _has_any_consent, seconds=20.0, every=0.005)
    await _kill(watch, "approving")
    await form
    watch.check_hold(await watch.look())


async def under_the_hold(watch: Watch) -> None:
    """Approve under the hold, and look for a while whether anything leaves (P5)."""
    await queued(watch)
    for _ in range(LOOKS_UNDER_THE_HOLD):
        await asyncio.sleep(0.25)
        if watch.ground.seen():
            watch.check_silence()
        if watch.scene.counts.ungated:
            return


async def owed_end(watch: Watch) -> None:
    """Kill at the first look at which the word of the end is decided: it still comes, for everybody who is owed it (P6)."""
    await queued(watch)
    await watch.lena.command(do="hold", on=False)
    watch.judge(await watch.rest("the opening comes to rest"), at_end=False)
    watch.healed = True
    await watch.ground.heals(SERVICE)
    await watch.until("the word of the end is decided", _has_end, every=0.005)
    await _kill(watch, "closing")
    await watch.ground.start(watch.ground.members[0])
    watch.judge(await watch.rest("everything comes to rest", _has_end), at_end=True)


async def _kill(watch: Watch, phase: str) -> None:
    await watch.strike(Aim(name=CHANCE), watch.ground.members[0], phase, Hits())


def _has_any_consent(found: Truth) -> bool:
    return found.is_approved or any(notice.approvals or notice.entries for notice in found.notices)


def _has_end(found: Truth) -> bool:
    return any(n.step == "closed" and n.towards == "customers" and n.state == "approved" and n.expanded for n in found.notices)
