"""Networks: which places (namespaces) hang on which of two switches, by cables which can be pulled.

Belongs here: places and switches. Does not belong here: laying and pulling (bench/cables.py), who runs where (ground.py), when
a cable is pulled (scene.py).
"""

from collections.abc import Sequence
from typing import Final

from bench.cables import Cables

SWITCHES: Final = {"data": "10.77.1", "world": "10.77.2"}
"""Between the machines and the database, and between the machines and everybody else."""
CABLES: Final = Cables(
    switches=SWITCHES,
    places={"a": {"data": 11, "world": 11}, "b": {"data": 12, "world": 12}, "store": {"data": 2}, "far": {"world": 3}},
)
NETWORK: Final = "10.77.0.0/16"


def within(place: str) -> Sequence[str]:
    """The command that runs another one there, where the machine is called so too."""
    return ("ip", "netns", "exec", place, "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', f"machine-{place}")
