"""Cables: places of one's own (network namespaces) that hang on switches by cables which can be pulled. Linux, as root.

Belongs here: laying, pulling, plugging in. Does not belong here: which places and switches a benchmark has.

Everything lies in a namespace of the run's own (`alone`): the machine's interfaces are not in it, and when the run ends,
however it ends, the kernel takes all of it away. A pulled cable is taken out of its switch: what is sent gets lost without a
word, as behind a switch that died; no connection is refused or reset.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAMES: Final = Path("/run/netns")
ALONE: Final = "SENTINEL_BENCH_ALONE"
OURS: Final = 1
"""The harness's own number on each switch."""


class CannotBeHad(Exception):
    """There are no networks of one's own here. The message says why."""


def alone(module: str) -> None:
    """Begin `module` again in namespaces of our own (network, mounts, processes), unless we are there. Raises CannotBeHad.

    Whatever is started in there ends with us.
    """
    if os.environ.get(ALONE):
        return
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotBeHad("networks of one's own need Linux and root; nothing was tried")
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        subprocess.run([*unshare, "ip", "link"], check=True, capture_output=True)
    except FileNotFoundError as missing:
        raise CannotBeHad(f"{missing.filename} is missing: it comes with util-linux or iproute2") from None
    except subprocess.CalledProcessError as refused:
        raise CannotBeHad(f"this machine refuses them: {refused.stderr.decode(errors='replace').strip()}") from None
    NAMES.mkdir(parents=True, exist_ok=True)
    again = [sys.executable, "-m", module, *sys.argv[1:]]
    os.execvpe(unshare[0], [*unshare, *again], {**os.environ, ALONE: "1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Cables:
    """`switches`: switch → first three numbers of its network. `places`: place → on which switches, and its number there."""

    switches: Mapping[str, str]
    places: Mapping[str, Mapping[str, int]]

    def lay(self) -> None:
        """All places and switches, every cable plugged in."""
        _run("mount", "-t", "tmpfs", "tmpfs", str(NAMES))  # in mounts of our own: names that nobody else has or sees
        _run("ip", "link", "set", "lo", "up")
        for switch, net in self.switches.items():
            _run("ip", "link", "add", switch, "type", "bridge")
            _run("ip", "address", "add", f"{net}.{OURS}/24", "dev", switch)
            _run("ip", "link", "set", switch, "up")
        for place, cables in self.places.items():
            _run("ip", "netns", "add", place)
            _run("ip", "-n", place, "link", "set", "lo", "up")
            for switch in cables:
                ours = f"{place}-{switch}"
                _run("ip", "link", "add", ours, "type", "veth", "peer", "name", switch, "netns", place)
                _run("ip", "-n", place, "address", "add", f"{self.address(place, switch)}/24", "dev", switch)
                _run("ip", "-n", place, "link", "set", switch, "up")
                _run("ip", "link", "set", ours, "up")
                self.plug(place, switch)

    def plug(self, place: str, switch: str) -> None:
        """The cable is in again."""
        _run("ip", "link", "set", f"{place}-{switch}", "master", switch)

    def pull(self, place: str, switch: str) -> None:
        """Nothing gets through any more, either way, and nobody is told."""
        _run("ip", "link", "set", f"{place}-{switch}", "nomaster")

    def address(self, place: str, switch: str) -> str:
        return f"{self.switches[switch]}.{self.places[place][switch]}"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
