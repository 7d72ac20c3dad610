"""Limit: how cheaply mails of the same size can leave at all, to the same sink: by Postfix's `smtp-source` where it is
installed, and by a bare loop that pipelines bytes made once. Neither remembers anything.

Belongs here: running them and taking their CPU. `python -m bench.fanout.limit PORT MAILS OCTETS` is the bare loop.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import uvloop

CONNECTIONS: Final = 20
"""How many everybody has: the product, and those beside it."""
SMTP_SOURCE: Final = "smtp-source"
_BEHIND: Final = ":/usr/sbin:/usr/local/sbin"
"""Where packages put it, which is on no user's path."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bare:
    """One round: CPU seconds per 1,000 mails, and mails a second."""

    cpu_per_1000: float
    rate: float


def smtp_source() -> str | None:
    """Where it is; None where it is not installed."""
    return shutil.which(SMTP_SOURCE, path=os.environ.get("PATH", "") + _BEHIND)


async def round_of(name: str, port: int, mails: int, octets: int, source: str | None) -> Bare | None:
    """One round of `smtp-source` or `bare loop`; None where it cannot be had."""
    if name == SMTP_SOURCE:
        if source is None:
            return None
        # -d: over kept connections, as all others do.
        each = ("-d", "-s", str(CONNECTIONS), "-m", str(mails), "-l", str(octets), "-f", "s@x.example", "-t", "c@x.example")
        return _bare(*await asyncio.to_thread(_run, (source, *each, f"127.0.0.1:{port}")), mails)
    command = (sys.executable, "-m", "bench.fanout.limit", str(port), str(mails), str(octets))
    # What an interpreter takes to start is none of the mails'.
    start = await asyncio.to_thread(_run, (*command[:3], str(port), "0", str(octets)))
    whole = await asyncio.to_thread(_run, command)
    return _bare(whole[0] - start[0], max(1e-3, whole[1] - start[1]), mails)


def _bare(cpu: float, seconds: float, mails: int) -> Bare:
    return Bare(cpu_per_1000=cpu / mails * 1000, rate=mails / seconds)


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds of CPU, user and system, and of the clock."""
    began = monotonic()
    pid = os.posix_spawn(command[0], list(command), os.environ)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, monotonic() - began


async def bare_loop(port: int, mails: int, octets: int) -> None:
    """Over as many connections as the product has, three commands and the body in two writes."""
    lines = b"X" * 76 + b"\r\n"
    mail = b"Subject: as bare as can be\r\n\r\n" + lines * (octets // len(lines)) + b".\r\n"
    numbers = iter(range(mails))

    async def connection(numbers: Iterator[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"EHLO bench.example\r\n")
        while (await reader.readline())[3:4] == b"-":
            pass
        for number in numbers:
            writer.write(b"MAIL FROM:<s@x.example>\r\nRCPT TO:<c%d@x.example>\r\nDATA\r\n" % number)
            for _ in range(3):
                await reader.readline()
            writer.write(mail)
            await reader.readline()
        writer.close()

    await asyncio.gather(*(connection(numbers) for _ in range(CONNECTIONS)))


if __name__ == "__main__":
    uvloop.run(bare_loop(*map(int, sys.argv[1:4])))
