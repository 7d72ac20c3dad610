"""Deeds: what is done while a hub is killed at its N-th sync, and when it is through.

Belongs here: the deeds and from which store each begins. Does not belong here: the killing (tracer.py), the order (run.py).
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, monotonic_ns
from typing import Final

from bench.chaos import oracle
from bench.chaos.blast import verdict
from bench.chaos.blast.scene import SERVICE
from bench.chaos.blast.watch import DOMAIN, Watch
from bench.chaos.lena import GONE
from bench.chaos.truth import Truth
from sentinel.demo.lead import Turned

CALM, DRAFTED, APPROVED, DOUBTED, TOLD = "calm", "drafted", "approved", "doubted", "told"
"""Stores to begin from: nothing is wrong; a draft waits; approved under a hold; the fate of some is unknown; everybody was
told of the start."""
ERASED: Final = "c000003@example.com"
"""Whose data is taken out."""
_TITLE: Final = re.compile(r"^title: .*$", re.MULTILINE)
RELOAD_SECONDS: Final = 15.0


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
    kept: Callable[[Truth, Watch], bool] | None = None
    """Whether what was answered lies on disk, where that is less than that all is through."""
    after: Callable[[Watch], Awaitable[str]] | None = None
    """Asked once the hub runs again: what is wrong that no other oracle sees, "" if nothing is."""


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


async def _settle(watch: Watch) -> bool:
    """What a lead finds in the inbox of the first in doubt."""
    row = (await watch.look()).doubts[0]
    watch.settling = row.id
    inbox = {(mail.address, mail.message_id) for mail in verdict.world(watch.ground.seen()).inbox}
    arrived = (row.address.lower(), oracle.message_id_of(row, DOMAIN)) in inbox
    with suppress(*GONE):
        await watch.lena.command(do="settle", delivery=row.id, arrived=arrived, why="chaos")
        return True
    return False


async def _erase(watch: Watch) -> bool:
    with suppress(*GONE):
        await watch.lena.command(do="erase", address=ERASED, why="chaos")
        return True
    return False


async def _erased_or_not(watch: Watch) -> str:
    """After a start an erasure is whole, in the files too, or it has not begun."""
    if any(row.address.lower() == ERASED for row in (await watch.look()).customers):
        return ""
    files = [each for each in sorted(watch.ground.folder.glob("sentinel.db*")) if each.is_file()]
    held = [each.name for each in files if ERASED.encode() in each.read_bytes().lower()]
    owed = [each.name for each in files if each.name.endswith(".wipe")]
    return f"erased, and {held} still hold them; {owed} owed" if held or owed else ""


async def _reload(watch: Watch) -> bool:
    """Another title for payments; through once the board shows it."""
    file, title = watch.ground.folder / "checks" / f"{SERVICE}.yaml", f"Payments {monotonic_ns()}"
    file.write_text(_TITLE.sub(f"title: {{en: {title}, es: {title}}}", file.read_text(), count=1))
    end = monotonic() + RELOAD_SECONDS
    while monotonic() < end and not await watch.ground.is_gone(watch.ground.members[0]):
        with suppress(*GONE):
            if title in json.dumps((await watch.lena.read("board"))["services"]):
                return True
        await asyncio.sleep(0.1)
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


def _is_erased(found: Truth) -> bool:
    return not any(row.address.lower() == ERASED for row in found.customers)


def _is_closed(found: Truth) -> bool:
    return not any(found.incidents.values()) and any(row.step == "closed" for row in found.customers) and found.is_at_rest


DEEDS: Final = (
    Deed(name="open an incident", begins=CALM, do=_open, done=_is_staff_told),
    Deed(
        name="approve and expand",
        begins=DRAFTED,
        do=_approve,
        done=lambda found: found.is_approved and bool(found.customers),
        kept=lambda found, _: found.is_approved,
    ),
    Deed(name="cancel a draft", begins=DRAFTED, do=_cancel, done=_is_cancelled),
    Deed(name="hold", begins=DRAFTED, do=_hold, done=lambda found: found.on_hold),
    Deed(
        name="claim, arm, mark",
        begins=APPROVED,
        do=_let_go,
        done=_is_sent,
        kept=lambda found, _: not found.on_hold,
        told=True,
    ),
    Deed(
        name="settle by hand",
        begins=DOUBTED,
        do=_settle,
        done=lambda found: found.is_at_rest and any(row.state == "accepted" for row in found.customers),
        kept=lambda found, watch: all(row.id != watch.settling for row in found.doubts),
        told=True,
    ),
    Deed(name="erase a person", begins=TOLD, do=_erase, done=_is_erased, after=_erased_or_not),
    Deed(name="reload", begins=CALM, do=_reload, done=lambda found: True),
    Deed(name="resolve and close", begins=TOLD, do=_heal, done=_is_closed, told=True, ends=True),
)
"""In the order of a day."""
