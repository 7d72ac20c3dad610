"""What staff are told of a trouble of our own, or of an early warning, and of its end.

Belongs here: the words. Does not belong here: who is told, when, and how many in one message (ownherald.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sentinel.detect.own import Held
from sentinel.model.installation import Installation
from sentinel.model.notice import Brief, Occasion
from sentinel.model.trouble import Trouble

NAMED: Final = 2
LISTED: Final = 10
"""So many of many early warnings stand in the headline, and below it, in words; the others are counted."""

_FELT: Final[Mapping[Trouble, str]] = {
    Trouble.PLACE_BLIND: "Not known. Sentinel cannot see from here; nothing is opened and nothing is closed until it can.",
    Trouble.RESOLVER: "Not known. Sentinel finds no names from here; nothing is opened and nothing is closed until it does.",
    Trouble.CANARIES_SILENT: "Not known. Nobody can tell whether Sentinel can see.",
    Trouble.AGENT: "Nothing that we know of: places that are heard of go on looking.",
    Trouble.PROBER: "Not known. Sentinel looks at nothing at the moment.",
    Trouble.UNHEARD: "See the incidents themselves: whoever answers customers may not have heard of them.",
    Trouble.ASIDE: "Not known of what was set aside. All the rest goes on.",
    Trouble.DISK_LOW: "Nothing that we know of. Messages to customers wait until there is room.",
}
_NOTHING: Final = "Nothing that we know of: this is trouble of Sentinel's own."


def digest(house: Installation, some: Sequence[Held], *, over: bool) -> Brief:
    """What staff are told of many early warnings at once, or of their ends: the first ones in words, the others counted."""
    first, shown = some[:NAMED], [one.detail for one in some[:LISTED]]
    more = (f"and {len(some) - LISTED} more: they stand on the board",) if len(some) > LISTED else ()
    brief = _warning(house, some[0], over=over)
    what = f"{len(some)} early warnings{' over' if over else ''}"
    said = "; ".join(one.detail[:80] for one in first)
    return replace(
        brief,
        headline=f"{house.brand}: {what}: {said}; and {len(some) - len(first)} more"[:300],
        desk=(*shown, *more, *(() if over else brief.desk[-1:])),
        since=min(one.since_at for one in some),
    )


def _warning(house: Installation, one: Held, *, over: bool) -> Brief:
    """What staff are told of an early warning, or of its end."""
    is_over = "is no longer so" if over else "nothing is broken yet"
    return Brief(
        reference="",
        occasion=Occasion.CHANGED,
        headline=f"{house.brand}: early warning{' over' if over else ''}: {one.detail}"[:300],
        services=(),
        felt=(f"Nothing that we know of: {is_over}.",),
        since=one.since_at,
        until=None,
        next_word=None,
        who="No customer is told anything. This is for the engineers of the service.",
        say="",
        desk=() if over else (one.detail, "You hear once more when it is over. See docs/explanation/detectors.md."),
        link=house.url,
        zone=house.zone,
    )


def word(house: Installation, one: Held, *, over: bool) -> Brief:
    """What staff are told of a trouble, or of its end."""
    if one.kind is Trouble.WARNING:
        return _warning(house, one, over=over)
    headline = (
        f"{house.brand}: Sentinel's own trouble is over ({one.name})"
        if over
        else f"{house.brand}: Sentinel itself has trouble: {one.detail}"
    )
    return Brief(
        reference="",
        occasion=Occasion.CHANGED,
        headline=headline[:300],
        services=(),
        felt=("Nothing more than before: Sentinel works as usual again.",) if over else (_FELT.get(one.kind, _NOTHING),),
        since=one.since_at,
        until=None,
        next_word=None,
        who="No customer is told anything. This is for whoever keeps Sentinel running.",
        say="",
        desk=() if over else (one.detail, "You hear once more when it is over. See docs/how-to/monitor-sentinel.md."),
        link=house.url,
        zone=house.zone,
    )
