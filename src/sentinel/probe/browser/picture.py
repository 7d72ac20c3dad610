"""Picture: what a failing page looked like, as a file in a folder that somebody has named, the newest few of them.

It does not travel: it is far larger than a fact may be. Fields that we have filled in are covered.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from playwright.async_api import Error

from sentinel.probe.browser.page import Pane

KEPT: Final = 20
LARGEST: Final = 4 << 20
_BEGINS: Final = "sentinel-"


async def picture(pane: Pane, folder: str, step: str) -> str:
    """The path of the picture that was taken, "" if none could be."""
    try:
        taken = await pane.picture()
    except Error:
        return ""
    if len(taken) > LARGEST:
        return ""
    name = f"{_BEGINS}{time.time_ns() // 1_000_000}-{''.join(c if c.isalnum() else '-' for c in step)}.png"
    return _put(Path(folder), name, taken)


def _put(folder: Path, name: str, taken: bytes) -> str:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(taken)
        for old in sorted(folder.glob(f"{_BEGINS}*.png"))[:-KEPT]:
            with suppress(OSError):
                old.unlink()
    except OSError:
        return ""
    return str(folder / name)
