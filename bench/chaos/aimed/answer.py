"""One question to a process of its own: `python -m MODULE ARGUMENTS`, and the JSON that it said. Nothing else belongs here."""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from bench.chaos.underling import ROOT, inherited

SECONDS: Final = 30.0


async def heard(module: str, *arguments: str) -> Mapping[str, Any]:
    """What it printed; {"why": ...} if it broke. Killed after a while."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        cwd=ROOT,
        env=inherited(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, wrong = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return {"why": f"no answer within {SECONDS:.0f} s"}
    if process.returncode:
        return {"why": wrong.decode(errors="replace")[-600:]}
    found: Mapping[str, Any] = json.loads(out.splitlines()[-1])
    return found
