"""Prober: keeps one of the children that probe running, gives it its checks and hands on what it finds.

Belongs here: the child's life and its pipe. Does not belong here: what a batch means, stamping and storing it (the round).
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from sentinel.model.check import Check
from sentinel.model.installation import Guard
from sentinel.probe.wire import LINE_LIMIT, Ack, Alive, Batch, Malformed, read_from_prober, write_ack, write_orders

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-I", "-m", "sentinel.probe.curl")
KEPT_ENVIRONMENT = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")
"""All that the child is given of ours: no secret but those of its own checks, which come by the pipe."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds before the child is started again: doubled each time, forgotten when it has lived for LONGEST_PAUSE."""
SILENCE = 20.0
"""Seconds without a word after which the child counts as stuck; it says every 5 s that it lives."""
FAREWELL = 2.0
"""Seconds that the child has for ending by itself."""


class Prober:
    """One child that probes `checks` from `place`.

    `on_batch` is called in the event loop at the moment of receipt, batch by batch in order; stamp at once. Acknowledge what is
    taken over with `ack`: a child that waits for too many acknowledgements stops sending and drops its oldest samples.
    """

    def __init__(
        self,
        place: str,
        guard: Guard,
        checks: Sequence[Check],
        on_batch: Callable[[Batch], None],
        *,
        name: str = "curl",
        command: Sequence[str] = COMMAND,
        silence: float = SILENCE,
    ) -> None:
        self.restarts = 0
        """How often the child has been started again since `run` began."""
        self.counts: Mapping[str, int] = {}
        """What the present child last said it has skipped or dropped."""
        self.pid: int | None = None
        self.heard_at: float | None = None
        """When a child last said anything, on the monotonic clock."""
        self._name = name
        self._place = place
        self._guard = guard
        self._checks = tuple(checks)
        self._on_batch = on_batch
        self._command = tuple(command)
        self._silence = silence
        self._child: Process | None = None

    async def run(self) -> None:
        """Keep the child alive until cancelled; then end it. An exception of `on_batch` ends it too, and is passed on."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            began = loop.time()
            why = await self._one_life()
            if loop.time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            log.warning("the %s prober ended (%s); it starts again in %.1f s", self._name, why, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            self.restarts += 1

    def reload(self, checks: Sequence[Check], guard: Guard | None = None) -> None:
        """Put another full set of checks in force; those that are as before go on undisturbed."""
        self._checks = tuple(checks)
        self._guard = guard if guard is not None else self._guard
        self._send_orders()

    def ack(self, source: str, number: int) -> None:
        """All batches of `source` up to `number` are ours to keep. Of a child that has ended it is passed over."""
        self._say(write_ack(Ack(source=source, number=number)))

    async def _one_life(self) -> str:
        """Start a child, read it to its end and say why it ended."""
        environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=environment, limit=LINE_LIMIT, start_new_session=True
            )
        except OSError as error:
            return f"it could not be started: {error.strerror}"
        self._child, self.pid, self.counts = child, child.pid, {}
        try:
            self._send_orders()
            why = await self._read(child)
        finally:
            self._child = self.pid = None
            await _end(child)
        return f"{why}, exit code {child.returncode}"

    async def _read(self, child: Process) -> str:
        assert child.stdout is not None
        while True:
            try:
                async with asyncio.timeout(self._silence):
                    line = await child.stdout.readline()
            except TimeoutError:
                return f"it said nothing for {self._silence:.0f} s"
            except ValueError:
                return "its line was too long"
            if not line.endswith(b"\n"):
                return "its pipe ended"
            said = read_from_prober(line)
            if isinstance(said, Malformed):
                return f"it does not speak our protocol: {said.why}"
            self.heard_at = monotonic()
            if isinstance(said, Alive):
                continue
            if not said.source.startswith(f"{self._place}/"):
                return "it spoke for another place"
            self.counts = said.counts
            self._on_batch(said)

    def _send_orders(self) -> None:
        for line in write_orders(self._place, self._guard.allow, self._checks):
            self._say(line)

    def _say(self, line: bytes) -> None:
        stdin = self._child.stdin if self._child is not None else None
        if stdin is not None and not stdin.is_closing():
            stdin.write(line)


async def _end(child: Process) -> None:
    """Close the pipe, which the child takes as its end; kill it if it does not. Cancelling does not leave it behind."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(FAREWELL):
            await child.wait()
    except (TimeoutError, asyncio.CancelledError) as stopped:
        if child.returncode is None:
            child.kill()
        await child.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
