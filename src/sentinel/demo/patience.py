"""Waiting for what must come: looking again and again, and no longer than said."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
LOOK_SECONDS = 0.1


class Waited(Exception):
    """It did not come. The message says for how long we waited."""


async def until(look: Callable[[], Awaitable[T | None]], seconds: float) -> T:
    """The first answer of `look` that is not None. Raises Waited."""
    end = monotonic() + seconds
    while True:
        found = await look()
        if found is not None:
            return found
        if monotonic() > end:
            raise Waited(f"waited {seconds:.0f} s in vain")
        await asyncio.sleep(LOOK_SECONDS)


async def until_true(what: Callable[[], bool], seconds: float) -> None:
    """Wait until `what()` is true. Raises Waited."""

    async def look() -> bool | None:
        return what() or None

    await until(look, seconds)
