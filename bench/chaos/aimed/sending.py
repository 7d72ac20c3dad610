"""Scenes of sending: killed at the steps that tell the worst bugs apart, refused for now, and with a provider that knows keys.

Belongs here: these scenes. Does not belong here: the bugs that they find (bugs/sending.py).
"""

from dataclasses import dataclass
from typing import Final

from bench.chaos.aimed.stage import queued
from bench.chaos.blast.aims import Aim
from bench.chaos.blast.strike import Hits
from bench.chaos.blast.watch import Watch
from bench.chaos.steps import Step

SLOWLY: Final = (0.05, 0.1)
"""Seconds that the relay takes, so that there is always somebody in the conversation."""
SPRUNG_WITHIN: Final = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Blow:
    step: Step
    then: str = ""
    late: float = 0.0


async def struck_by_smtp(watch: Watch) -> None:
    """Killed before the effect (F4), after it and before the reply (F5), and just after the reply (F6)."""
    watch.ground.mood(reply=SLOWLY)
    await _struck(watch, _Blow(step=Step.DATA, then="drop"), _Blow(step=Step.KEPT), _Blow(step=Step.REPLIED, late=0.002))


async def struck_by_keys(watch: Watch) -> None:
    """Killed when the provider, which knows our keys, has kept it and not answered: what is sent again has one effect (F5)."""
    watch.ground.mood(reply=SLOWLY)
    await _struck(watch, _Blow(step=Step.KEPT), _Blow(step=Step.KEPT))


async def refused_for_now(watch: Watch) -> None:
    """Nearly every second mailbox is busy (451): nobody is given up for that (F28)."""
    watch.ground.mood(busy=0.4, seed=1)
    await queued(watch)
    await watch.lena.command(do="hold", on=False)
    watch.judge(await watch.rest("the opening comes to rest"), at_end=False)


async def _struck(watch: Watch, *blows: _Blow) -> None:
    await queued(watch)
    hub, lane = watch.ground.members[0], "customers"
    for number, blow in enumerate(blows):
        snare = watch.ground.set_snare(
            step=blow.step, lane=lane, by=watch.ground.shape.by, skip=2, then=blow.then, late=blow.late
        )
        if number == 0:
            await watch.lena.command(do="hold", on=False)
        said = await watch.ground.next_sprung(SPRUNG_WITHIN)
        if said is None or said["sprung"] != snare:  # everybody has been told already
            break
        await watch.strike(Aim(name=blow.step.value, step=blow.step), hub, "sending", Hits(), said)
        if number + 1 == len(blows):
            watch.ground.free()
        await watch.ground.start(hub, wait=False)
    watch.ground.free()
    await watch.ground.until_ready(hub)
    watch.judge(await watch.rest("the opening comes to rest"), at_end=False)
