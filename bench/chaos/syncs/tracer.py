"""Tracer: strace on a hub that runs, which kills it at its N-th sync, or writes down what it synced and sent.

Belongs here: attaching and ending strace. Does not belong here: what is traced for (run.py, order.py). A counter is kept by the
kernel's tracer for each thread: the store's writer is one thread, which is the one that matters.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

SYNCS: Final = "fdatasync,fsync"
ATTACH_SECONDS: Final = 10.0


def is_there() -> bool:
    """Whether this machine has strace."""
    return shutil.which("strace") is not None


def kill_at(number: int, path: Path | None = None) -> tuple[str, ...]:
    """The arguments for SIGKILL at the `number`-th sync; of the files under one path if given."""
    only = () if path is None else ("-P", str(path))
    return (*only, "-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:signal=SIGKILL:when={number}")


class Tracer:
    """An async context: from its beginning to its end strace looks at a process and its threads. `out` is what it wrote."""

    def __init__(self, pid: int, arguments: Sequence[str], out: Path) -> None:
        self._command = ("strace", "-f", *arguments, "-o", str(out), "-p", str(pid))
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=pipe
        )
        assert self._process.stderr is not None
        async with asyncio.timeout(ATTACH_SECONDS):
            while b"attached" not in (line := await self._process.stderr.readline()):
                if not line:
                    raise RuntimeError("strace could not attach: is tracing allowed on this machine (ptrace_scope)?")
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)  # it detaches, and lets the process go on
        try:
            async with asyncio.timeout(5.0):
                await self._process.communicate()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
