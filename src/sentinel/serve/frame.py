"""The frame of every page of the console: who is signed in, whether messages are held, what the hub said, where we are.

Belongs here: what `base.html` needs, whichever face the page is of. Does not belong here: what stands inside the frame.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sentinel.serve import said
from sentinel.serve.gate import Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub


class Frame:
    """Shows pages that extend `base.html`."""

    def __init__(self, hub: Hub, pages: Pages) -> None:
        self._hub = hub
        self._pages = pages

    async def page(self, request: Request, visitor: Visitor, name: str, status: int = 200, **given: Any) -> Response:
        """One page for a signed-in person. `given` are the template's own names."""
        value = request.cookies.get(said.COOKIE, "")
        carried = said.opened(value, visitor.token) if value else None
        hold = await self._hub.hold()
        frame = {"visitor": visitor, "hold": hold, "said": carried, "here": request.url.path, "mark": request.state.mark}
        shown = self._pages.render(name, status=status, **frame, **given)
        if value:
            https = self._hub.installation.url.startswith("https://")
            shown.delete_cookie(said.COOKIE, secure=https, httponly=True, samesite="lax")
        return shown
