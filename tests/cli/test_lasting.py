"""What a hub loads: no more than it uses, and the collector leaves it alone."""

import subprocess
import sys

LOOK = """
import gc, sys
from sentinel.cli.lasting import load
load("sentinel.run.serve")
import httpx
print(gc.isenabled(), gc.get_freeze_count() > 100_000, "rich" in sys.modules, callable(httpx.AsyncClient))
"""


def test_a_hub_is_loaded_without_what_only_draws_and_left_alone_by_the_collector() -> None:
    said = subprocess.run([sys.executable, "-c", LOOK], check=True, capture_output=True, text=True)
    assert said.stdout.split() == ["True", "True", "False", "True"]
