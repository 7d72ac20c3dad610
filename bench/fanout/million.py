"""Million: how long it takes until everybody of a very large audience has their row in the ledger, and what the hub holds.

Belongs here: that, in life: the audience is read from the directory, its first batch goes out and is judged, and the rest is
written while the sending goes on. Does not belong here: sending to all of them (blast.py).
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bench.fanout import cost
from bench.fanout.blast import PATIENCE, SERVICE, Wrong, books, until
from bench.fanout.place import Place, Shape
from bench.fanout.staff import Staff, worst


@dataclass(frozen=True, kw_only=True, slots=True)
class Expanded:
    """`reading`: seconds from the disturbance to a draft whose audience is counted. `seconds`: from the approval until the last
    row is written; `cpu` of all the product's processes meanwhile; `peak`: bytes, ever."""

    people: int
    reading: float
    seconds: float
    cpu: float
    peak: int
    read_peak: int
    sent: int
    staff: tuple[float, float]


async def expand(shape: Shape) -> Expanded:
    """On a fresh installation. Raises Wrong."""
    with tempfile.TemporaryDirectory(prefix="sentinel-fanout-") as folder:
        async with Place(Path(folder), shape) as place:
            try:
                return await _expand(place)
            except Exception as error:
                error.add_note(place.log_end())
                raise


async def _expand(place: Place) -> Expanded:
    broke = monotonic()
    await place.breaks(SERVICE)
    page = await place.lead.incident_when(lambda page: SERVICE in str(page["incident"]["services"]), PATIENCE)
    incident = int(page["incident"]["id"])
    view = await place.lead.draft_when(incident, "opened", PATIENCE)
    notice, reading, read_peak = int(view["notice"]["id"]), monotonic() - broke, cost.of_tree(place.hub).peak
    await place.lead.approve(incident, notice, desk_knows=True)
    staff = Staff(place)
    before, began = cost.of_tree(place.hub), monotonic()
    await staff.begin()

    async def is_written() -> bool:
        return await place.is_expanded(notice)

    try:
        await until(is_written)
        used, seconds = cost.of_tree(place.hub).since(before), monotonic() - began
    finally:
        late = await staff.end()
    found = await books(place, notice)
    if not found["balanced"] or found["books"]["snapshot"] != place.shape.people:
        raise Wrong(f"the books do not balance: {found['books']}")
    return Expanded(
        people=place.shape.people,
        reading=reading,
        seconds=seconds,
        cpu=used.cpu,
        peak=used.peak,
        read_peak=read_peak,
        sent=int((await place.seen())["mails"]["taken"]),
        staff=(worst(late, 0.5), worst(late, 0.99)),
    )
