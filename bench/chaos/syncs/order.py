"""Order: whether each message left only after a sync of the database's log that armed it. Read from strace's own record.

Belongs here: running a sending under strace and judging its record. kill -9 keeps what the operating system had been given, so
this is what stands in for power loss: what was not synced would not be there after one.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.chaos.blast.ground import Ground, Shape
from bench.chaos.blast.scene import COULD_NOT_GO_ON, SERVICE
from bench.chaos.blast.strike import Scene
from bench.chaos.blast.watch import Watch
from bench.chaos.lena import Lena
from bench.chaos.syncs.tracer import Tracer, is_there

PEOPLE: Final = 40
WATCHED: Final = ("-y", "-s", "16", "-e", "trace=fdatasync,fsync,sendto,write")
_SYNC: Final = re.compile(r"f(?:data)?sync\(\d+<[^>]*-wal>\)\s+= 0|f(?:data)?sync resumed>\)?\s*= 0")
_DATA: Final = re.compile(r"(?:sendto|write)\((\d+)<[^>]*>, \"DATA\\r\\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """`sent`: messages whose DATA was seen. `unsynced`: those before which nothing had been synced since the one before."""

    sent: int = 0
    unsynced: int = 0
    why_not: str = ""

    @property
    def held(self) -> bool:
        return bool(self.why_not) or (self.sent > 0 and not self.unsynced)

    def as_json(self) -> dict[str, Any]:
        return {"messages": self.sent, "unsynced": self.unsynced, "why_not": self.why_not, "held": self.held}


def judge(record: Iterable[str]) -> Order:
    """Between two DATA commands on one connection there is at least one sync: that of the second one's arming."""
    syncs, sent, unsynced = 0, 0, 0
    at_last: dict[str, int] = {}
    for line in record:
        if _SYNC.search(line):
            syncs += 1
        elif found := _DATA.search(line):
            sent += 1
            unsynced += at_last.get(found.group(1), 0) == syncs
            at_last[found.group(1)] = syncs
    return Order(sent=sent, unsynced=unsynced)


async def trace_order(folder: Path, say: Callable[[str], None], *, plant: str = "") -> tuple[Order, Scene]:
    """Send to a few people under strace, and judge what it wrote down: nothing leaves before what arms it is synced (F11)."""
    scene = Scene(number=0, seed="order")
    if not is_there():
        return Order(why_not="strace is not installed (apt-get install strace)"), scene
    out = folder / "order.out"
    try:
        async with Ground(folder, Shape(people=PEOPLE, plant=plant)) as ground:
            watch = Watch(ground=ground, lena=Lena(ground), scene=scene, say=say)
            await watch.lena.sign_in()
            await ground.breaks(SERVICE)
            incident = await watch.incident_of(SERVICE)
            await watch.waiting_draft(incident)
            await watch.hold()
            await watch.approve_until_taken(incident)
            async with Tracer(ground.members[0].pid, WATCHED, out):
                await watch.lena.command(do="hold", on=False)
                await watch.rest("the opening comes to rest", lambda found: len(found.customers) == PEOPLE)
    except COULD_NOT_GO_ON as why:
        scene.wrong("unrested", 1, f"{type(why).__name__} {why}")
    order = judge(out.read_text(errors="replace").splitlines()) if out.exists() else Order(why_not="nothing was recorded")
    scene.wrong("unsynced", order.unsynced, f"{order.unsynced} of {order.sent} messages")
    return order, scene
