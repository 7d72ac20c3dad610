"""What the hub is asked for by the live stream: the part of the port that says when something shown has changed."""

from typing import Protocol


class LivePort(Protocol):
    """Part of serve.port.Hub. A mark stands for everything that pages show: two marks that differ, two pages that may."""

    @property
    def live_mark(self) -> str:
        """The latest mark; empty while nobody watches. It may be a second old, never newer than the store."""
        ...

    async def watch(self, seen: str, seconds: float) -> str | None:
        """The mark as soon as it is another than `seen`, else after `seconds` the one it is; None once the hub ends.

        However many watch, the store is asked once a second.
        """
        ...
