"""`sentinel agent`: enrols if it has to, then runs until a signal ends it."""

import asyncio
import logging
import signal
import socket
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import uvloop

from sentinel.probe.greeting import Hello
from sentinel.run.agent import credential as kept
from sentinel.run.agent.agent import Agent
from sentinel.run.agent.credential import Credential, Unusable
from sentinel.run.agent.link import Away, Link, Shut, fault_of
from sentinel.run.kinds import FoundKinds
from sentinel.run.start import begin_log, refuse

REFUSED: Final = 1
USAGE: Final = 2
PATIENCE: Final = 5.0
"""Seconds between two tries to enrol."""

log = logging.getLogger(__name__)


def main(hub: str, place: str, token: str, folder: Path, *, trust: Path | None = None, without_tls: bool = False) -> int:
    """Run until SIGTERM or SIGINT. Exit codes: 0 ended, 1 the hub does not let us in, 2 wrong usage."""
    begin_log()
    if why := fault_of(hub, without_tls=without_tls):
        refuse(why, USAGE)
    try:
        credential = _credential(folder, place, token)
        link = Link(hub, trust)
    except (Unusable, OSError) as why:
        refuse(str(why), USAGE)
    return uvloop.run(_run(link, credential, token, folder))


def _credential(folder: Path, place: str, token: str) -> Credential:
    """The one that lies there, or a new one."""
    found = kept.read(folder)
    if found is not None and found.place != place:
        raise Unusable(f"{folder} belongs to an agent of {found.place}: give --state another folder")
    if found is None or (found.agent is None and token):
        found = found or kept.fresh(place)
        if not token:
            raise Unusable("this agent has yet to enrol: give it the token that `sentinel place add` shows")
        kept.write(folder, found)
    if found.agent is None and not token:
        raise Unusable("this agent was not let in yet: give it the token that `sentinel place add` shows")
    return found


async def _run(link: Link, credential: Credential, token: str, folder: Path) -> int:
    loop = asyncio.get_running_loop()
    work = asyncio.current_task()
    assert work is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    kinds = FoundKinds()
    able = tuple(name for name in kinds.names("probe") if kinds.lives_in(name) != "hub")
    hello = Hello(version=version("sentinel")[:32], host=socket.gethostname()[:255], kinds=able)
    try:
        if credential.agent is None:
            credential = await _enrol(link, token, credential, hello, folder)
        log.info("agent %s of %s", credential.agent, credential.place)
        await Agent(link, credential, hello, folder).run()
    except Shut as why:
        log.error("%s", why)
        return REFUSED
    except asyncio.CancelledError:
        log.info("ended")
    finally:
        await link.close()
    return 0


async def _enrol(link: Link, token: str, credential: Credential, hello: Hello, folder: Path) -> Credential:
    """Ask until the hub answers. Raises Shut."""
    while True:
        try:
            enrolled = replace(credential, agent=await link.enrol(token, credential, hello))
        except Away as why:
            log.warning("not enrolled yet: %s", why)
            await asyncio.sleep(PATIENCE)
            continue
        kept.write(folder, enrolled)
        return enrolled
