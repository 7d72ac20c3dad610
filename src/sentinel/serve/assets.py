"""The files of static/: what is packaged with the faces, and under which address a page names each.

Belongs here: finding and naming them. Does not belong here: the route that serves them (public.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
"""Suffix → content type. A file with another suffix (a licence, a README) is packaged and not served."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One file. `mark` changes with its content."""

    content: bytes
    content_type: str
    mark: str


class Assets:
    """Every file of static/ with a known suffix, by its path below it ("desk.css", "vendor/htmx.min.js")."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        self._files = files

    def find(self, name: str) -> Asset | None:
        return self._files.get(name)

    def address(self, name: str) -> str:
        """Where a page finds the file; it changes with the content, so that browsers may keep it. KeyError if there is none."""
        return f"/static/{name}?v={self._files[name].mark}"


def packaged() -> Assets:
    """Those of this package, read once."""
    return Assets(dict(_files(resources.files("sentinel.serve") / "static", "")))


def _files(folder: Traversable, below: str) -> Iterator[tuple[str, Asset]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files(each, f"{below}{each.name}/")
        elif (content_type := TYPES.get(each.name.rpartition(".")[2])) is not None:
            content = each.read_bytes()
            mark = sha256(content).hexdigest()[:12]
            yield f"{below}{each.name}", Asset(content=content, content_type=content_type, mark=mark)
