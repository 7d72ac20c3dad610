"""The routes of the public status page, its JSON in Statuspage's shape, and its feeds: each copies prepared bytes.

Belongs here: which copy answers which request, and the headers of caching. Does not belong here: what the copies say (draw.py).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.installation import Installation
from sentinel.serve.gate import Endpoint, Gate, Need, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.status.draw import Drawn, draw
from sentinel.serve.status.port import PublicState
from sentinel.serve.status.prepared import Copies, Copy, Prepared

DOCUMENTS = (
    "summary.json",
    "status.json",
    "components.json",
    "incidents.json",
    "incidents/unresolved.json",
    "scheduled-maintenances.json",
    "scheduled-maintenances/upcoming.json",
    "scheduled-maintenances/active.json",
)
KEPT = "public, max-age=30"
LONGEST_HEADER = 512


class Status:
    """Its pages. `routes` declares each with what it needs: nothing, anybody may read them."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._pages = pages
        self._prepared = Prepared(hub, self._draw, clock)

    def routes(self, gate: Gate) -> list[Route]:
        open_to_all: list[tuple[str, Endpoint]] = [
            ("/status", self._in_language("page")),
            ("/status/history", self._in_language("history")),
            ("/status/{language}", self._in_language("page")),
            ("/status/{language}/history", self._in_language("history")),
            ("/history.atom", self._in_language("atom")),
            ("/history.rss", self._in_language("rss")),
            *((f"/api/v2/{name}", self._document(name)) for name in DOCUMENTS),
        ]
        return [gate.route("GET", path, Need.NOBODY, endpoint) for path, endpoint in open_to_all]

    def _draw(self, house: Installation, state: PublicState, stale: bool) -> dict[str, Drawn]:
        return dict(draw(house, state, self._render, stale=stale))

    def _render(self, template: str, **given: Any) -> bytes:
        return bytes(self._pages.render(template, **given).body)

    def _in_language(self, kind: str) -> Endpoint:
        async def answer(request: Request, visitor: Visitor) -> Response:
            language = spoken(request, self._hub.installation.languages)
            copies = await self._prepared.copies()
            answered = self._answer(request, copies, f"{kind}/{language}")
            answered.headers["content-language"] = language
            answered.headers["vary"] = "Accept-Encoding, Accept-Language"
            answered.headers["x-robots-tag"] = "all"
            return answered

        return answer

    def _document(self, name: str) -> Endpoint:
        async def answer(request: Request, visitor: Visitor) -> Response:
            copies = await self._prepared.copies()
            answered = self._answer(request, copies, f"api/{name}")
            answered.headers["access-control-allow-origin"] = "*"
            answered.headers["vary"] = "Accept-Encoding"
            return answered

        return answer

    def _answer(self, request: Request, copies: Copies | None, name: str) -> Response:
        """The copy, or 304 where the reader has it; 503 while nothing could be read yet."""
        if copies is None or (copy := copies.by_name.get(name)) is None:
            raise HTTPException(503, "This page cannot be shown at the moment. Please try again soon.", {"retry-after": "30"})
        body, etag, packed = _wanted(request, copy)
        age = max(0, int((self._prepared.now() - copies.true_at).total_seconds()))
        headers = {"etag": etag, "cache-control": KEPT, "age": str(age)}
        if _has(request.headers.get("if-none-match", ""), copy):
            return Response(status_code=304, headers=headers)
        if packed:
            headers["content-encoding"] = "gzip"
        return Response(body, headers={**headers, "content-type": copy.content_type})


def spoken(request: Request, languages: tuple[str, ...]) -> str:
    """The language of the answer: that of the path or of `?lang=`, else the one that the reader likes best, else the first.

    Raises HTTPException(404) for a path in a language that the installation has not.
    """
    named = request.path_params.get("language") or request.query_params.get("lang", "")
    if named in languages:
        return str(named)
    if "language" in request.path_params:
        raise HTTPException(404, "There is no such page.")
    liked = _liked(request.headers.get("accept-language", "")[:LONGEST_HEADER])
    found = (_nearest(tag, languages) for tag in liked)
    return next((language for language in found if language), languages[0])


def _liked(header: str) -> list[str]:
    """The tags of an Accept-Language header, best first."""
    tags: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            tags.append((float(weight) if weight else 1.0, tag.strip().lower()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(tags, key=lambda one: -one[0]) if weight > 0]


def _nearest(tag: str, languages: tuple[str, ...]) -> str:
    """The installation's language that is this one, or the same without its region; "" if none is."""
    exact = next((each for each in languages if each.lower() == tag), "")
    return exact or next((each for each in languages if each.lower().split("-")[0] == tag.split("-")[0]), "")


def _wanted(request: Request, copy: Copy) -> tuple[bytes, str, bool]:
    accepted = request.headers.get("accept-encoding", "")[:LONGEST_HEADER].replace(" ", "").lower().split(",")
    packed = any(each == "gzip" or (each.startswith("gzip;q=") and each != "gzip;q=0") for each in accepted)
    return (copy.packed, copy.packed_etag, True) if packed else (copy.body, copy.etag, False)


def _has(header: str, copy: Copy) -> bool:
    """Whether the reader's copy (If-None-Match) is this one, packed or not: they say the same."""
    known = {each.strip().removeprefix("W/") for each in header[:LONGEST_HEADER].split(",")}
    return bool(known & {copy.etag, copy.packed_etag, "*"})
