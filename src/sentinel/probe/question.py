"""Question: the line by which the child that looks when it is asked (asked.py) is asked for one sample, and how many at a time.

Pure. Does not belong here: what it answers (asked.py), the pipe (run/asking.py).
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sentinel.model.check import Check

LINE_LIMIT: Final = 1024 * 1024
AT_ONCE: Final = 32
"""Samples under way; whoever asks keeps to it."""


def line_of(number: int, check: Check, allow: Sequence[str]) -> bytes:
    """The line that asks. `number` comes back with the answer."""
    seconds = check.timeout.total_seconds()
    asked = {"id": number, "kind": check.kind, "options": dict(check.options), "up": dict(check.up), "seconds": seconds}
    return (json.dumps({**asked, "allow": list(allow)}) + "\n").encode()


def check_of(asked: dict[str, Any]) -> Check:
    """What one line asks for."""
    return Check(
        id="asked",
        service="asked",
        kind=str(asked["kind"]),
        options=asked["options"],
        up=asked["up"],
        timeout=timedelta(seconds=float(asked["seconds"])),
    )
