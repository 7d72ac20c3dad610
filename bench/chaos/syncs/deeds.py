"""Deeds: what is done while a hub is killed at its N-th sync, and when it is through.

Belongs here: the deeds and from which store each begins. Does not belong here: the killing (tracer.py), the order (run.py).
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bench.chaos.blast.scene import SERVICE
from bench.chaos.blast.watch import Watch
from bench.chaos.lena import GONE
from bench.chaos.truth import Truth
from sentinel.demo.lead import Turned

CALM, DRAFTED, APPROVED, TOLD = "calm", "drafted", "approved", "told"
"""Stores to begin from: nothing is wrong; a draft waits; it is approved under a hold; everybody was told of the start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """`do` may lose its hub at any moment; True: it was answered. `done`: whether it is all through, by the store."""

    name: str
    begins: str
    do: Callable[[Watch], Awaitable[bool]]
    done: Callable[[Truth], bool]
    told: bool = False
    """Whether customers are written to: then the inboxes are judged."""
    ends: bool = False
    """Whether those who were told must have been told of the end."""


async def _open(watch: Watch) -> bool:
    await watch.ground.breaks(SERVICE)
    return False


async def _approve(watch: Watch) -> bool:
    watch.lena.answered.clear()
    with suppress(*GONE, Turned):
        page = await watch.lena.incident_when(lambda page: SERVICE in page["incident"]["services"], 10.0)
        view = await watch.lena.draft_when(page["incident"]["id"], "opened", 10.0)
        await watch.lena.approve(page["incident"]["id"], view["notice"]["id"], desk_knows=True)
    return watch.lena.answered.is_set()


async def _cancel(watch: Watch) -> bool:
    with suppress(*GONE):
        await watch.lena.command(do="cancel", notice=_draft(await watch.look()), why="chaos")
        return True
    return False


async def _hold(watch: Watch) -> bool:
    with suppress(*GONE):
        await watch.lena.command(do="hold", on=True, why="chaos")
        return True
    return False


async def _let_go(watch: Watch) -> bool:
    with suppress(*GONE):
        await watch.lena.command(do="hold", on=False)
        return True
    return False


async def _heal(watch: Watch) -> bool:
    await watch.ground.heals(SERVICE)
    return False


def _draft(found: Truth) -> int:
    return next(n.id for n in found.notices if n.step == "opened" and n.towards == "customers" and n.state == "draft")


def _is_staff_told(found: Truth) -> bool:
    staff = [row for row in found.deliveries if row.lane == "staff"]
    return any(found.incidents.values()) and bool(staff) and all(row.state == "accepted" for row in staff)


def _is_cancelled(found: Truth) -> bool:
    return not any(n.step == "opened" and n.towards == "customers" and n.state == "draft" for n in found.notices)


def _is_sent(found: Truth) -> bool:
    return not found.on_hold and bool(found.customers) and found.is_at_rest


def _is_closed(found: Truth) -> bool:
    return not any(found.incidents.values()) and any(row.step == "closed" for row in found.customers) and found.is_at_rest


DEEDS: Final = (
    Deed(name="open an incident", begins=CALM, do=_open, done=_is_staff_told),
    Deed(
        name="approve and expand", begins=DRAFTED, do=_approve, done=lambda found: found.is_approved and bool(found.customers)
    ),
    Deed(name="cancel a draft", begins=DRAFTED, do=_cancel, done=_is_cancelled),
    Deed(name="hold", begins=DRAFTED, do=_hold, done=lambda found: found.on_hold),
    Deed(name="claim, arm, mark", begins=APPROVED, do=_let_go, done=_is_sent, told=True),
    Deed(name="resolve and close", begins=TOLD, do=_heal, done=_is_closed, told=True, ends=True),
)
"""In the order of a day."""
