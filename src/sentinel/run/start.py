"""The start of a process: its log, and what is said where it cannot be started."""

import logging
import sys
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from sentinel.config.problem import ConfigError
from sentinel.run.logline import OneLine
from sentinel.run.worker import NotShared
from sentinel.store.schema import StoreTaken, StoreTooNew, StoreTooOld, StoreTrouble

T = TypeVar("T")
NOT_VALID: Final = 2
NOT_STARTED: Final = 3
"""Exit codes: the configuration is not valid; the store or the address cannot be had."""
QUIET: Final = {
    "httpx": logging.WARNING,
    # These log what their caller handles.
    "slack_sdk": logging.CRITICAL,
    "procrastinate": logging.CRITICAL,
    "psycopg.pool": logging.CRITICAL,
}


def begin_log() -> None:
    """One line an event, to standard error."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def made(make: Callable[[], T]) -> T:
    """What `make` makes. Ends the process, with why on standard error, if it cannot be made."""
    try:
        return make()
    except ConfigError as wrong:
        refuse(str(wrong), NOT_VALID)
    except NotShared as why:
        refuse(str(why), NOT_VALID)
    except (StoreTrouble, StoreTaken, StoreTooNew, StoreTooOld) as why:
        refuse(str(why), NOT_STARTED)


def refuse(why: str, code: int) -> NoReturn:
    """End the process, and say why."""
    print(why, file=sys.stderr)  # noqa: T201 - the command's own output
    sys.exit(code)
