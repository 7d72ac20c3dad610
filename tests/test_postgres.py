"""What the tests' own PostgreSQL promises to them: it ends with whoever started it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

STARTING = "from tests.postgres import shared; import sys; print(shared().place, flush=True); sys.stdin.read()"
PATIENCE = 30.0


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_ends_with_the_process_that_started_it_and_leaves_nothing_behind_even_at_kill_9() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        place = Path(child.stdout.readline().strip())
        postmaster = int((place / "data" / "postmaster.pid").read_text().splitlines()[0])
        assert is_there(postmaster)
        child.send_signal(signal.SIGKILL)
    end = monotonic() + PATIENCE
    while (is_there(postmaster) or place.exists()) and monotonic() < end:
        sleep(0.02)
    assert not is_there(postmaster)
    assert not place.exists()
