"""`python -m tests.run.brisk ARGUMENTS` is `sentinel ARGUMENTS` that gives shorter leases and sooner takes others for dead.

For processes beside a stage, whose end is what a test is about: what they held goes to others after `LEASE` seconds, not 20.
Nothing else is changed.
"""

from datetime import timedelta
from typing import Final

from bench.chaos.scaled import scale_leases

from sentinel.cli.main import main
from sentinel.run import presence

LEASE: Final = 8.0
"""Long enough for a busy machine to renew it in time: a third of it lies between two renewals."""
DEAD_AFTER: Final = timedelta(seconds=4)

if __name__ == "__main__":
    scale_leases(LEASE)
    presence.DEAD_AFTER = DEAD_AFTER  # type: ignore[misc]
    main()
