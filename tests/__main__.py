"""`python -m tests`: all the tests, in as many processes as help; what fails there is asked once more, alone.

The tests run real browsers, databases and hubs, five at a time; a machine that stalls for seconds makes one of them late. So up
to MOST that failed run once more with nothing beside them, as CPython's own test runner does. A fault fails again; what passes
then is named at the end, for somebody to look at. More failures than that are no accident and stand as they are.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MOST: Final = 10
BESIDE: Final = ("-n", "5", "--dist", "loadscope", "--no-loadscope-reorder", "--durations=25")
SOME_FAILED: Final = 1
"""pytest's code; others say that it was interrupted, or that nothing could be collected."""


def run(folder: Path, beside: Sequence[str] = BESIDE) -> int:
    """The exit code for the tests in `folder`; a list of what passed only alone goes to standard output."""
    code = _pytest(folder, *beside)
    failed = _failed(folder)
    if code != SOME_FAILED or not 0 < len(failed) <= MOST:
        return code
    print(f"\n{len(failed)} failed; once more, alone:", flush=True)
    code = _pytest(folder, "-p", "no:xdist", *failed)
    if code == 0:
        print("\nPASSED ONLY ALONE, look at them:", *failed, sep="\n  ", flush=True)
    return code


def _pytest(folder: Path, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=folder, check=False).returncode


def _failed(folder: Path) -> list[str]:
    kept = folder / ".pytest_cache/v/cache/lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.exists() else []


if __name__ == "__main__":
    (Path(".pytest_cache/v/cache/lastfailed")).unlink(missing_ok=True)  # of an earlier run
    sys.exit(run(Path.cwd()))
