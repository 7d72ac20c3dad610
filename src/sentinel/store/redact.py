"""Text with somebody's data taken out: of JSON that commands and answers are kept as, and of what people wrote.

Belongs here: what is replaced in a text, and how the text is found. Pure but for its key. The rows: traces.py.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from sentinel.store import erasure

GONE: Final = "[erased]"
Scrub: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Whom:
    """Somebody, by every id, address and name that they are known under here. `shared`: how many others have one of their
    addresses, and keep it."""

    persons: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    shared: int = 0

    @property
    def is_nobody(self) -> bool:
        return not self.persons and not self.addresses


def redacted(text: str, whom: Whom, key: bytes, scrub: Scrub) -> str:
    """JSON text without them: where an object names them, their name, id and address are replaced; elsewhere addresses are."""
    found = read(text)
    if found is None:
        return scrub(text)
    return json.dumps(_redact(found, whom, key, scrub), ensure_ascii=False, separators=(",", ":"))


def scrubber(addresses: Iterable[str]) -> Scrub:
    """What replaces these addresses in a text, in whatever way they are written there."""
    spelled = sorted({way for one in addresses if one for way in _ways(one)}, key=len, reverse=True)
    if not spelled:
        return lambda text: text
    found = re.compile("|".join(re.escape(each) for each in spelled), re.IGNORECASE)
    return lambda text: found.sub(GONE, text)


def _ways(address: str) -> set[str]:
    """As it is, as JSON and as part of a URL would write it, and as the return path of a message does."""
    return {address, json.dumps(address)[1:-1], quote(address), quote(address, safe=""), address.replace("@", "=")}


def needles(addresses: Iterable[str]) -> list[str]:
    """Every way in which one of these may be written."""
    return sorted({way for one in addresses if one for way in _ways(one)})


def read(text: str) -> Any:
    """The JSON of a text; None if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def objects(value: Any) -> list[dict[str, Any]]:
    """Every object within some JSON."""
    if isinstance(value, dict):
        return [value, *(one for held in value.values() for one in objects(held))]
    return [one for held in value for one in objects(held)] if isinstance(value, list) else []


def _redact(value: Any, whom: Whom, key: bytes, scrub: Scrub) -> Any:
    if isinstance(value, list):
        return [_redact(each, whom, key, scrub) for each in value]
    if isinstance(value, str):
        return scrub(value)
    if not isinstance(value, dict):
        return value
    plain = {one.casefold() for one in whom.addresses}
    person, address = str(value.get("person", "")), str(value.get("address", ""))
    names_them = person in whom.persons or address.casefold() in plain
    fresh = {}
    for name, held in value.items():
        if names_them and name == "person" and held:
            fresh[name] = erasure.stand_in(key, person)
        elif names_them and name in ("name", "address"):
            fresh[name] = GONE if held else held
        else:
            fresh[name] = _redact(held, whom, key, scrub)
    return fresh
