"""Networks: the hub and three places on one switch, by cables that can be pulled (bench/cables.py)."""

from collections.abc import Sequence
from typing import Final

from bench.cables import OURS as NUMBER
from bench.cables import Cables

SWITCH: Final = "wan"
NET: Final = "10.78.1"
OURS: Final = f"{NET}.{NUMBER}"
CABLES: Final = Cables(
    switches={SWITCH: NET}, places={"hub": {SWITCH: 10}, "madrid": {SWITCH: 11}, "bilbao": {SWITCH: 12}, "vigo": {SWITCH: 13}}
)


def plug(place: str) -> None:
    CABLES.plug(place, SWITCH)


def pull(place: str) -> None:
    CABLES.pull(place, SWITCH)


def address(place: str) -> str:
    return CABLES.address(place, SWITCH)


def within(place: str) -> Sequence[str]:
    """The command that runs another one there."""
    return ("ip", "netns", "exec", place)
