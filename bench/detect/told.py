"""A series through the product's own detectors, sample by sample: where each raised a signal.

Belongs here: making observations of numbers. Does not belong here: any arithmetic of detection (sentinel/detect has it).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sentinel.detect.kind import outage, unusual
from sentinel.model.learned import Learned
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis

USUAL: Final = unusual.Options()
"""The product's defaults, for every file and series."""
FAILED: Final = outage.Options(samples=2, persistence=timedelta(0))
"""In life a failed sample is confirmed by others within 15 s. A series has none of those: two failed in a row are one."""
_STEPS: Final[Mapping[str, tuple[Callable[..., Hysteresis], Any]]] = {
    "outage": (outage.step, FAILED),
    "unusual": (unusual.step, USUAL),
}


class Look(NamedTuple):
    """What one probe found: its number, and whether it failed. (A tuple: there is one for every row.)"""

    at: datetime
    value: float | None
    failed: bool = False


class Known(str):
    """What was learned, in place of its text: nothing is stored here, so nothing is turned into text and read again."""

    __slots__ = ("known",)
    known: Learned


def keep_no_texts() -> None:
    """From now on, in this process, what was learned stays what it is between two rows. The step is the product's own."""
    unusual.__dict__.update(to_text=_kept, from_text=_known)


def _kept(known: Learned) -> str:
    text = Known("learned")
    text.known = known
    return text


def _known(text: str, fact: str) -> Learned | None:
    return text.known if isinstance(text, Known) and text.known.fact == fact else None


Claims = tuple[tuple[int, int], ...]
"""First and last row of each signal, from the row at which it rose."""


def told(looks: Iterable[Look], detectors: Iterable[str] = tuple(_STEPS)) -> dict[str, Claims]:
    """Detector → its signals. Each remembers by itself, as in the hub."""
    steps = {name: _STEPS[name] for name in detectors}
    held = dict.fromkeys(steps, Hysteresis())
    claims: dict[str, list[list[int]]] = {name: [] for name in steps}
    for row, look in enumerate(looks):
        seen = observation(look)
        for name, (step, options) in steps.items():
            before, after = held[name], step(held[name], seen, options)
            held[name] = after
            if after.raised_since is None:
                continue
            if before.raised_since is None:
                claims[name].append([row, row])
            claims[name][-1][1] = row
    return {name: tuple((first, last) for first, last in found) for name, found in claims.items()}


def observation(look: Look) -> Observation:
    return Observation(
        check="payments.card-form",
        place="head-office",
        at=look.at,
        sample=SampleKind.SCHEDULED,
        verdict=Verdict.DOWN if look.failed else Verdict.UP,
        facts={USUAL.fact: look.value},
    )
