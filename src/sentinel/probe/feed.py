"""Feed: the items of an RSS or Atom feed, read without trusting it.

A document type is refused, so that there are no entities to expand; depth, items and texts are bounded. Does not belong here:
what an item means (kind/statuspage.py).
"""

import html
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from xml.parsers import expat

from sentinel.probe.answer import in_utc, instant_of

ITEMS: Final = 200
DEPTH: Final = 50
TEXT: Final = 4000
"""Characters of one item's text."""
_AT: Final = {"updated": 0, "pubdate": 1, "published": 1, "date": 2}
"""What says when an item is from, the best first."""
_TEXTS: Final = frozenset({"title", "description", "summary", "content", "encoded", *_AT})


class NoFeed(Exception):
    """Why a document is no feed that we read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item. `text`: without its markup, its beginning."""

    title: str
    text: str = ""
    at: datetime | None = None


def items(document: bytes) -> tuple[Item, ...]:
    """Its first items, in its own order. NoFeed says why there are none."""
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reading.refuse
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, LookupError, ValueError):
        raise NoFeed("it is not proper XML") from None
    if not reading.is_feed:
        raise NoFeed("it is neither RSS nor Atom")
    return tuple(reading.items)


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.is_feed = False
        self._path: list[str] = []
        self._fields: dict[str, str] | None = None
        self._piece: list[str] = []
        self._room = 0

    def refuse(self, *_: object) -> None:
        raise NoFeed("it declares a document type, which no feed needs")

    def start(self, name: str, _attributes: object) -> None:
        tag = name.rpartition(" ")[2].lower()
        self._path.append(tag)
        if len(self._path) > DEPTH:
            raise NoFeed("it is nested too deeply")
        if len(self._path) == 1:
            self.is_feed = tag in ("rss", "feed", "rdf")
        elif self._fields is None and tag in ("item", "entry"):
            self._fields = {}
        elif self._fields is not None and tag in _TEXTS and self._depth() == 1:
            self._piece, self._room = [], TEXT

    def text(self, piece: str) -> None:
        if self._room > 0:
            self._piece.append(piece[: self._room])
            self._room -= len(piece)

    def end(self, name: str) -> None:
        tag = self._path.pop()
        if self._fields is None:
            return
        if tag in ("item", "entry") and self._depth() < 0:
            if len(self.items) < ITEMS:
                self.items.append(_item(self._fields))
            self._fields = None
        elif tag in _TEXTS and self._depth() == 0:
            self._fields[tag] = "".join(self._piece)
            self._room = 0

    def _depth(self) -> int:
        """How far below its item we are; -1 outside of one."""
        return next((below for below, tag in enumerate(reversed(self._path)) if tag in ("item", "entry")), -1)


def _item(fields: dict[str, str]) -> Item:
    written = next((fields[tag] for tag in sorted(_AT, key=lambda tag: _AT[tag]) if tag in fields), "")
    text = next((fields[tag] for tag in ("encoded", "content", "description", "summary") if fields.get(tag)), "")
    return Item(title=plain(fields.get("title", "")), text=plain(text), at=_instant(written.strip()))


def plain(markup: str) -> str:
    """The words of a piece of HTML, on one line. For looking at and searching, never for showing as markup."""
    words: list[str] = []
    for at, piece in enumerate(html.unescape(markup).split("<")):
        words.append(piece.partition(">")[2] if at and ">" in piece else piece)
    return " ".join(" ".join(words).split())


def _instant(written: str) -> datetime | None:
    if (at := instant_of(written)) is not None:
        return at
    try:
        return in_utc(parsedate_to_datetime(written[:60]))
    except (ValueError, TypeError, IndexError):
        return None
