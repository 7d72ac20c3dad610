"""Downtime: a hub that was away hears of a heartbeat that came on time meanwhile, and was heard by nobody (F25).

Belongs here: the scene. Does not belong here: other own faults (own.py).
"""

import asyncio
from typing import Final

import httpx

from bench.chaos.blast.ground import Ground
from bench.chaos.blast.watch import Watch

TOKEN: Final = "a-job-of-the-night-and-no-secret"
PERIOD: Final = 6.0
"""Seconds between two pings, and the grace that each has."""
CHECK: Final = f"""
service: nightly
title: {{en: The nightly run, es: El proceso nocturno}}
owner: {{team: Batch, person: Maria Okafor <maria@northwind.example>, reviewed: 2026-06-01}}
tell: {{staff: [cs-slack]}}
checks:
  run:
    heartbeat: {{period: {PERIOD:.0f}s, grace: {PERIOD:.0f}s, token: "${{file:nightly.token}}"}}
"""
LOOKED_FOR: Final = 5.0
"""Seconds: at each second the heartbeat is looked at."""


class Heard(Ground):
    """A ground with a heartbeat beside everything else."""

    def _write_world(self) -> None:
        super()._write_world()
        (self.folder / "nightly.token").write_text(TOKEN)
        (self.folder / "checks" / "nightly.yaml").write_text(CHECK)


async def away(watch: Watch) -> None:
    """Hear it, be away for longer than its period and grace, and come back: nothing may be overdue yet (F25)."""
    hub = watch.ground.members[0]
    async with httpx.AsyncClient(base_url=watch.ground.url, trust_env=False, timeout=20.0) as client:
        (await client.get(f"/ping/{TOKEN}")).raise_for_status()
    await asyncio.sleep(2.0)
    await watch.ground.kill(hub)
    await asyncio.sleep(2 * PERIOD + 1.0)
    await watch.ground.start(hub)
    await asyncio.sleep(LOOKED_FOR)
    found = await watch.look()
    watch.scene.wrong("false_alarm", len(found.incidents), f"incidents {sorted(found.incidents)}: the downtime was our own")
