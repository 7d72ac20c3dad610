"""The history as feeds: Atom (RFC 4287) and RSS 2.0. An entry's id never changes; its `updated` moves with each word. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from uuid import NAMESPACE_URL, uuid5

from sentinel.model.installation import Installation
from sentinel.serve.status import words
from sentinel.serve.status.port import PublicState
from sentinel.serve.status.statuspage import changed_at
from sentinel.serve.status.tale import Correction, Tale

ENTRIES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One entry. `text`: what was said, newest first, each with when."""

    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    text: str


def atom(house: Installation, state: PublicState, told: Sequence[Tale], taken_back: Sequence[Correction], language: str) -> str:
    """The Atom feed in one language."""
    items = _items(house, told, taken_back, language)
    title = _xml(f"{house.brand}: {words.lines(language).heading}")
    entries = "".join(
        f"<entry><id>{one.id}</id><title>{_xml(one.title)}</title><updated>{_instant(one.updated)}</updated>"
        f"<published>{_instant(one.published)}</published><link rel=\"alternate\" href=\"{_xml(one.link)}\"/>"
        f"<content type=\"text\">{_xml(one.text)}</content></entry>\n"
        for one in items
    )  # fmt: skip
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{_xml(language)}">'
        f"<id>{_urn(house, 'feed', language)}</id><title>{title}</title><updated>{_instant(changed_at(state))}</updated>"
        f'<author><name>{_xml(house.brand)}</name></author><link rel="self" href="{_xml(house.url)}/history.atom"/>'
        f'<link rel="alternate" href="{_xml(house.url)}/status/history"/>\n{entries}</feed>\n'
    )


def rss(house: Installation, state: PublicState, told: Sequence[Tale], taken_back: Sequence[Correction], language: str) -> str:
    """The RSS feed in one language."""
    items = _items(house, told, taken_back, language)
    title = _xml(f"{house.brand}: {words.lines(language).heading}")
    entries = "".join(
        f"<item><title>{_xml(one.title)}</title><description>{_xml(one.text)}</description>"
        f"<pubDate>{format_datetime(one.updated)}</pubDate><link>{_xml(one.link)}</link>"
        f'<guid isPermaLink="false">{one.id}</guid></item>\n'
        for one in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{title}</title><link>{_xml(house.url)}/status/history</link><description>{title}</description>"
        f"<language>{_xml(language)}</language><lastBuildDate>{format_datetime(changed_at(state))}</lastBuildDate>\n"
        f"{entries}</channel></rss>\n"
    )


Write = Callable[[Installation, PublicState, Sequence[Tale], Sequence[Correction], str], str]
KINDS: tuple[tuple[str, str, Write], ...] = (
    ("atom", "application/atom+xml; charset=utf-8", atom),
    ("rss", "application/rss+xml; charset=utf-8", rss),
)
"""Name, content type, and what writes it."""


def _items(house: Installation, told: Sequence[Tale], taken_back: Sequence[Correction], language: str) -> list[Item]:
    """Disturbances and corrections as entries, the one that changed last first."""
    items = [*_of_tales(house, told, language), *_of_corrections(house, taken_back)]
    return sorted(items, key=lambda one: one.updated, reverse=True)[:ENTRIES]


def _of_tales(house: Installation, told: Sequence[Tale], language: str) -> Iterator[Item]:
    for tale in told:
        one = tale.disturbance
        said = [f"{_stamp(house, each.at, language)}\n{each.text}" for each in reversed(tale.updates)]
        yield Item(
            id=_urn(house, one.id),
            title=tale.title,
            link=f"{house.url}/status/history#{one.id}",
            published=one.confirmed_at,
            updated=one.updated_at,
            text="\n\n".join(said),
        )


def _of_corrections(house: Installation, taken_back: Sequence[Correction]) -> Iterator[Item]:
    """A correction takes the entry of what it takes back: its reader sees one entry change, not two."""
    for each in taken_back:
        one = each.retracted
        link = f"{house.url}/status/history#{one.id}"
        yield Item(id=_urn(house, one.id), title=each.title, link=link, published=one.at, updated=one.at, text=each.text)


def _stamp(house: Installation, at: datetime, language: str) -> str:
    return words.stamp(at, house.zone, at.date(), language)


def _urn(house: Installation, *parts: str) -> str:
    return uuid5(NAMESPACE_URL, "/".join(("sentinel", house.name, *parts))).urn


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _xml(text: str) -> str:
    """Escaped, and without the characters that XML 1.0 cannot hold."""
    return escape("".join(letter for letter in text if letter in "\t\n\r" or (letter >= " " and letter not in "\ufffe\uffff")))
