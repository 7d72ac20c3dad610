"""The live stream's part of the hub in memory: a mark that tests move by hand."""

import asyncio


class MemoryLive:
    """`move` is what a change of the store does."""

    live_mark = "mark-1"
    is_over = False

    def move(self, mark: str) -> None:
        self.live_mark = mark
        self._turn()

    def end_live(self) -> None:
        self.is_over = True
        self._turn()

    async def watch(self, seen: str, seconds: float) -> str | None:
        try:
            async with asyncio.timeout(seconds):
                while not self.is_over and self.live_mark == seen:
                    self._turned: asyncio.Event = getattr(self, "_turned", None) or asyncio.Event()
                    await self._turned.wait()
        except TimeoutError:
            pass
        return None if self.is_over else self.live_mark

    def _turn(self) -> None:
        turned: asyncio.Event | None = getattr(self, "_turned", None)
        if turned is not None:
            turned.set()
        self._turned = asyncio.Event()
