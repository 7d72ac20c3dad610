"""Planted bugs: `python -m bench.chaos.planted NAME serve --config ...` is `sentinel` with one bug planted in it.

Belongs here: the command. The bugs lie in bugs/; they are patched into the running process and nowhere else, and the product
has no switch for them.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench.chaos.bugs.table import PLANTED
from sentinel.cli.main import main

BUGS: Final[Mapping[str, Callable[[], None]]] = {name: bug.plant for name, bug in PLANTED.items()}
"""Name → what plants it."""

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    main()
