"""Inbox: what the hub says down the pipe, line by line, in whatever pieces it comes.

Belongs here: putting lines together, and the orders of which a set of checks is made. Does not belong here: pipes (curl.py,
loop.py), what a line means (wire.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sentinel.model.check import Check
from sentinel.probe.wire import LINE_LIMIT, Ack, Malformed, Orders, read_from_hub


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A full set of checks for `place`, to be put in force."""

    place: str
    allow: tuple[str, ...]
    checks: tuple[Check, ...]


class Inbox:
    """`read` it piece by piece."""

    def __init__(self) -> None:
        self._half_line = bytearray()
        self._coming: list[Check] = []

    def read(self, piece: bytes) -> Iterator[Whole | Ack | Malformed]:
        """What the lines say that are whole now. Nothing good comes after a Malformed."""
        for line in self._lines(piece):
            said = read_from_hub(line)
            if not isinstance(said, Orders):
                yield said
                continue
            self._coming.extend(said.checks)
            if not said.more:
                yield Whole(place=said.place, allow=said.allow, checks=tuple(self._coming))
                self._coming = []

    def _lines(self, piece: bytes) -> Iterator[bytes]:
        self._half_line += piece
        *lines, rest = self._half_line.split(b"\n")
        self._half_line = rest if len(rest) <= LINE_LIMIT else bytearray()
        yield from (bytes(line) for line in lines)
        if len(rest) > LINE_LIMIT:
            yield bytes(rest)
