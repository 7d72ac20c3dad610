"""The greeting: what an agent says of itself at the head of every report over HTTPS, and the version that both speak.

Belongs here: the record, writing and strict, bounded reading, the choice of a version. Does not belong here: batches, orders,
which are as over the pipe (wire.py); who may report (run/agents.py).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sentinel.probe.wire import OLDEST, VERSION, Malformed

LONGEST: Final = 16_384
"""Bytes of a greeting."""
KINDS_MOST: Final = 200
_VERSION_MOST: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Hello:
    """`oldest` to `newest`: the versions that the agent speaks. `version`: of Sentinel. `kinds`: what it can look at.

    `source`: whose batches follow, empty for none. `orders`: by what digest the hub gave it the checks that it has.
    """

    oldest: int = OLDEST
    newest: int = VERSION
    version: str
    host: str
    kinds: tuple[str, ...]
    source: str = ""
    orders: str = ""


def write_hello(hello: Hello) -> bytes:
    """One line. Its shape is the same in every version, so that a refusal can say why."""
    said = {
        "say": "hello",
        "speaks": [hello.oldest, hello.newest],
        "version": hello.version,
        "host": hello.host,
        "kinds": hello.kinds,
        "source": hello.source,
        "orders": hello.orders,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def read_hello(line: bytes) -> Hello | Malformed:
    """What the first line of a report says. What a later version says beside that is passed over."""
    if len(line) > LONGEST:
        return Malformed(why=f"a greeting of more than {LONGEST} bytes")
    try:
        said = json.loads(line)
        if said["say"] != "hello":
            return Malformed(why="a report begins with a greeting")
        oldest, newest = (_number(each) for each in said["speaks"])
        kinds: Sequence[Any] = said["kinds"]
        if not isinstance(kinds, list) or len(kinds) > KINDS_MOST:
            return Malformed(why="too many kinds, or none")
        return Hello(
            oldest=oldest,
            newest=newest,
            version=_text(said["version"], 32),
            host=_text(said["host"], 255),
            kinds=tuple(_text(each, 64) for each in kinds),
            source=_text(said.get("source", ""), 128),
            orders=_text(said.get("orders", ""), 64),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return Malformed(why="no greeting")


def agreed(hello: Hello) -> int | None:
    """The newest version that both speak; None if there is none."""
    newest = min(hello.newest, VERSION)
    return newest if newest >= max(hello.oldest, OLDEST) else None


def why_not(hello: Hello) -> str:
    """Why there is none, for the people at both ends."""
    late, early = ("hub", "agent") if hello.oldest > VERSION else ("agent", "hub")
    return (
        f"The agent speaks the protocol's versions {hello.oldest} to {hello.newest}, this hub {OLDEST} to {VERSION}: they are "
        f"too far apart. Upgrade the {late} first, to the version of the {early} or to the one before it."
    )


def _number(item: object) -> int:
    if type(item) is not int or not 0 < item < _VERSION_MOST:
        raise TypeError("expected a version")
    return item


def _text(item: object, limit: int) -> str:
    if not isinstance(item, str) or len(item) > limit or not item.isprintable():
        raise TypeError("expected a text")
    return item
