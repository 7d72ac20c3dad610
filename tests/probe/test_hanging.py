"""Kinds that do not end when they are told to: code that swallows its cancellation, a driver that hangs in a thread."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from sentinel.demo.patience import until
from sentinel.model.check import Check
from sentinel.model.guard import gate
from sentinel.model.observation import Fact, SampleKind, Verdict
from sentinel.probe import looking, loop
from sentinel.probe.condition import Rules
from sentinel.probe.looking import Looking
from sentinel.probe.reach import Reach
from sentinel.probe.wire import write_orders

STUBBORN = """
import asyncio, sys, types
from pydantic import BaseModel
from sentinel.probe.condition import Seen
class Options(BaseModel):
    ends: bool
async def probe(options, reach):
    while not options.ends and not released.is_set():
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            pass
    return Seen(facts={})
kind = types.ModuleType("sentinel.probe.kind.stubborn")
vars(kind).update(
    LIVES_IN="loop", FACTS={}, Options=Options, host=lambda options: "", assumed=lambda up: up, probe=probe
)
sys.modules[kind.__name__] = kind
"""
"""A kind as somebody might write it, for this process and for a child."""


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def _check(name: str, *, ends: bool) -> Check:
    soon = timedelta(seconds=0.1)
    return Check(id=name, service="a", kind="stubborn", options={"ends": ends}, every=soon, timeout=timedelta(seconds=0.2))


def test_a_kind_that_does_not_end_is_unknown_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, released: threading.Event
) -> None:
    monkeypatch.setitem(sys.modules, "sentinel.probe.kind.stubborn", None)  # so that it is taken out again
    exec(STUBBORN, {"released": released})
    monkeypatch.setattr(looking, "GRACE", 0.2)
    told: list[tuple[str, Verdict, str]] = []

    def report(_at: float, name: str, _of: SampleKind, _facts: Mapping[str, Fact], verdict: Verdict, reason: str) -> None:
        told.append((name, verdict, reason))

    async def main() -> None:
        eyes = Looking("loop", report, room=50)
        eyes.load([_check("stuck", ends=False), _check("well", ends=True)], (), monotonic())
        running = asyncio.create_task(eyes.run())
        try:

            async def seen() -> bool | None:
                after = [name for name, _, _ in told]
                return ("stuck" in after and "well" in after[after.index("stuck") :]) or None

            await until(seen, 30)
            assert eyes.hanging >= 1
            released.set()

            async def gone() -> bool | None:
                return eyes.hanging == 0 or None

            await until(gone, 30)
        finally:
            released.set()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(main())
    assert all(verdict is Verdict.UP for name, verdict, _ in told if name == "well")
    verdict, reason = next((verdict, reason) for name, verdict, reason in told if name == "stuck")
    assert verdict is Verdict.UNKNOWN
    assert "does not end" in reason


def test_a_thread_that_hangs_for_a_sample_that_is_over_is_counted_until_it_ends(released: threading.Event) -> None:
    reach = Reach(gate=gate(()), rules=Rules(), seconds=1.0)

    async def main() -> None:
        hung = asyncio.create_task(reach.in_thread(released.wait))
        try:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await hung
            assert (reach.threads.busy, reach.threads.hanging) == (1, 1)
        finally:
            released.set()  # what hangs for ever would hold whoever waits for it, here and at the end of the process

        async def ended() -> bool | None:
            return reach.threads.hanging == 0 or None

        await until(ended, 20)
        assert reach.threads.busy == 0
        assert await reach.in_thread(lambda: 7) == 7
        assert reach.threads.hanging == 0, "what ends in time never hung"

    asyncio.run(main())


def test_a_child_in_which_too_much_hangs_makes_way_for_a_fresh_one() -> None:
    """It ends by itself, and says why; whoever keeps it running starts it anew."""
    checks = [_check(f"c{number}", ends=False) for number in range(loop.HANGING_MOST)]
    begin = f"import threading\nreleased = threading.Event()\n{STUBBORN}\nfrom sentinel.probe import looking, loop\n"
    run = "looking.GRACE = 0.1\nimport os\nos._exit(loop.main('loop'))\n"
    child: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-c", begin + run], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stderr is not None
    try:
        for line in write_orders("home", (), checks):
            child.stdin.write(line)
        child.stdin.flush()
        assert child.wait(60) == 3
        assert b"do not end" in child.stderr.read()
    finally:
        child.kill()
        child.communicate()
