"""Nursery: forks hubs and workers from a process that has imported the product, so that a restart costs no second and a half.

`python -m bench.chaos.nursery [PLANT]` obeys JSON orders on its standard input and answers each with one line: `start` forks
`sentinel ARGUMENTS`, `wait` and `look` say how a child ended. Belongs here: forking. Does not belong here: when, and the
killing (the supervisor does that itself, by number). A child dies with its nursery.

`warm` reads an installation once, so that no child has to proofread its templates again: half the work of a start.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bench.chaos.planted import BUGS
from bench.chaos.scaled import scale_expansion, scale_leases

READY_MADE: Final = ("sentinel.run.serve", "sentinel.run.worker", "sentinel.cli.main", "sentinel.deliver.channel.email",
                     "sentinel.deliver.channel.slack", "sentinel.probe.kind.http", "uvicorn.protocols.http.h11_impl",
                     "slack_sdk", "aiosmtplib", "pydantic.v1.dataclasses", "uvicorn.lifespan.on",
                     "sentinel.deliver.channel.http")  # fmt: skip
"""What a hub imports at its start. One that is not there (yet) is left out."""
_PR_SET_PDEATHSIG: Final = 1


def main(plant: str) -> None:
    """Obey until the standard input ends; then every child is killed."""
    for name in READY_MADE:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if not (missing.name or "").startswith("sentinel."):
                raise
    scale_expansion()
    if plant:
        BUGS[plant]()
    print("{}", flush=True)
    children: set[int] = set()
    while line := sys.stdin.readline():
        print(json.dumps(_ORDERS[(said := json.loads(line))["do"]](said, children)), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _start(said: Mapping[str, Any], children: set[int]) -> Mapping[str, Any]:
    pid = os.fork()
    if pid == 0:
        _become(said)
    children.add(pid)
    return {"pid": pid}


def _warm(said: Mapping[str, Any], children: set[int]) -> Mapping[str, Any]:
    """Read it as a hub does, with its environment, and keep nothing but what the product itself remembers of it."""
    from sentinel.run.files import open_installation
    from sentinel.run.kinds import FoundKinds
    from sentinel.run.templates import proofread

    before = dict(os.environ)
    os.environ.update(said["environment"])
    try:
        open_installation(Path(said["config"]), FoundKinds(), proofread)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {}


def _ended(flags: int) -> Callable[[Mapping[str, Any], set[int]], Mapping[str, Any]]:
    def ended(said: Mapping[str, Any], children: set[int]) -> Mapping[str, Any]:
        pid = int(said["pid"])
        if pid not in children:
            return {"code": None}
        found, status = os.waitpid(pid, flags)
        if not found:
            return {}
        children.discard(pid)
        return {"code": os.waitstatus_to_exitcode(status)}

    return ended


def _become(said: Mapping[str, Any]) -> None:
    """The child: `sentinel ARGUMENTS`, with an environment, a log and a process group of its own. Does not return."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setpgid(0, 0)
        log, nothing = os.open(said["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(said["environment"])
        sys.argv = ["sentinel", *said["arguments"]]
        if lease := said.get("lease"):
            scale_leases(float(lease))
        if piece := said.get("piece"):
            scale_expansion(int(piece))
        importlib.import_module("sentinel.cli.main").main()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException as error:  # noqa: BLE001 - the child must not become a second nursery
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(70)
    os._exit(0)


_ORDERS: Final[Mapping[str, Callable[[Mapping[str, Any], set[int]], Mapping[str, Any]]]] = {
    "start": _start,
    "warm": _warm,
    "wait": _ended(0),
    "look": _ended(os.WNOHANG),
}

if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
