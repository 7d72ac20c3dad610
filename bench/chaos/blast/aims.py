"""Aims: what a strike in the middle of the sending waits for, and which is the next: the one least hit so far. Pure.

Belongs here: the choice. Does not belong here: getting there (scene.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.chaos.blast.strike import Hits
from bench.chaos.steps import AFTER_ARMED, SMTP, Step

CHANCE: Final = "chance"
STARTING: Final = "starting"
_ONCE: Final = frozenset({Step.CONNECT, Step.EHLO})
"""Steps that each connection reaches once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """`step` None: after `delay` seconds, counted from the start (`starting`) or from being ready (`chance`).

    With a step: at the one after `skip` others. `then`: `drop` if the provider loses the message, "" if it goes on.
    """

    name: str
    step: Step | None = None
    skip: int = 0
    then: str = ""
    late: float = 0.0
    delay: float = 0.0
    is_stop: bool = False


def next_aim(hit: Hits, draw: Random, *, start_seconds: float, stops: bool = False, steps: Sequence[Step] = SMTP) -> Aim:
    """The next aim of a wave: by chance one time in four, while starting one in ten, else at the step least hit."""
    is_stop = stops and draw.random() < 0.4
    dice = draw.random()
    if dice < 0.1:
        return Aim(name=STARTING, delay=draw.uniform(0.05, start_seconds))
    if dice < 0.3:
        return Aim(name=CHANCE, delay=draw.uniform(0.1, 1.6), is_stop=is_stop)
    fewest = min(hit.steps[step.value] for step in steps)
    step = draw.choice([step for step in steps if hit.steps[step.value] == fewest])
    skip = draw.randint(0, 1) if step in _ONCE else draw.randint(0, 24)
    loses = step in AFTER_ARMED and step not in (Step.KEPT, Step.REPLIED) and draw.random() < 0.5
    late = draw.uniform(0.0, 0.02) if step is Step.REPLIED else 0.0
    return Aim(name=step.value, step=step, skip=skip, then="drop" if loses else "", late=late, is_stop=is_stop)
