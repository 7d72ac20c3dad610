"""Underlings: the harness's own processes (ledgerd, targetd, the nursery), each obeying JSON lines and ending with us.

Belongs here: starting them, asking them, ending them. Does not belong here: what is asked.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]
INHERITED: Final = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH")
PATIENCE: Final = 60.0


def inherited() -> dict[str, str]:
    """What of our environment a child gets: no secret and no proxy."""
    return {name: value for name, value in os.environ.items() if name in INHERITED}


class Underling:
    """`python -m MODULE ARGUMENTS`, an async context. `first` is the first line that it said. `within`: a command that runs it
    elsewhere (in a network of its own)."""

    def __init__(self, module: str, *arguments: str, log: Path, within: Sequence[str] = ()) -> None:
        self._module = module
        self._command = (*within, sys.executable, "-m", module, *arguments)
        self._log = log
        self._process: asyncio.subprocess.Process
        self._asking = asyncio.Lock()
        self.first: Any = None

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                env=inherited(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.first = await self.heard()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Its input ends, and it with it; its whole process group is killed if it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(5.0):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def order(self, **said: Any) -> None:
        """Say something that is not answered."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said).encode() + b"\n")

    async def heard(self, seconds: float | None = PATIENCE) -> Any:
        """The next line that it says. Raises RuntimeError if it is gone."""
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended: {self._log.read_text(errors='replace')[-800:]}")
        return json.loads(line)

    async def ask(self, **said: Any) -> Mapping[str, Any]:
        """Say something that is answered with the next line. Not for one that also speaks by itself."""
        async with self._asking:
            self.order(**said)
            answer: Mapping[str, Any] = await self.heard()
            return answer
