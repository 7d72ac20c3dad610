"""Asking: one sample of one target, now, by a child that is kept for it: what a scraper gets that asks `/probe`.

The child is started when somebody asks for the first time, and ends with us. Belongs here: its pipe, how many ask at a time.
Does not belong here: which check a module means (modules.py), what it is called over there (serve/probe/).
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from sentinel.model.check import Check
from sentinel.probe.question import AT_ONCE, LINE_LIMIT, line_of
from sentinel.run.prober import KEPT_ENVIRONMENT

COMMAND: Final = (sys.executable, "-I", "-m", "sentinel.probe.asked")
PATIENCE: Final = 5.0
"""Seconds that an answer may be late after the sample's own time limit."""


class Busy(Exception):
    """As many samples are under way as may be."""


class Broken(Exception):
    """The child does not answer. Its text says why."""


class Asking:
    """One child and those who wait for it. `close` it at the end."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self._child: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = 0
        self._starting = asyncio.Lock()

    async def sample(self, check: Check, allow: Sequence[str]) -> dict[str, Any]:
        """What asked.py tells of one sample. Raises Busy and Broken."""
        if len(self._waiting) >= AT_ONCE:  # so that a wrong scrape interval fills no queue
            raise Busy
        self._last += 1
        number = self._last
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        seconds = check.timeout.total_seconds()
        try:
            child = await self._there()
            assert child.stdin is not None
            child.stdin.write(line_of(number, check, allow))
            async with asyncio.timeout(seconds + PATIENCE):
                said: dict[str, Any] = await answer
                return said
        except TimeoutError:
            await self.close()
            raise Broken("our own prober did not answer, and is started again") from None
        except OSError as error:
            raise Broken(f"our own prober cannot be started ({error.strerror})") from None
        finally:
            self._waiting.pop(number, None)

    async def _there(self) -> Process:
        async with self._starting:
            if self._child is None or self._child.returncode is not None or self._reading is None or self._reading.done():
                await self.close()
                environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
                self._child = await asyncio.create_subprocess_exec(
                    *self._command, stdin=PIPE, stdout=PIPE, env=environment, limit=LINE_LIMIT, start_new_session=True
                )
                self._reading = asyncio.create_task(self._read(self._child))
            return self._child

    async def _read(self, child: Process) -> None:
        assert child.stdout is not None
        try:
            while line := await child.stdout.readline():
                said = json.loads(line)
                answer = self._waiting.get(said["id"])
                if answer is not None and not answer.done():
                    answer.set_result(said)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Broken("our own prober ended before it had answered"))

    async def run(self) -> None:
        """Until cancelled: then the child, if there is one, ends."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """End the child. Whoever waits for it is told that it ended."""
        child, self._child = self._child, None
        reading, self._reading = self._reading, None
        if child is not None and child.returncode is None:
            child.kill()
            await child.wait()
        if reading is not None:
            reading.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await reading
