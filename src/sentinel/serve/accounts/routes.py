"""The routes of accounts, tokens and the audit: one class a page, put together."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import Route

from sentinel.serve.accounts.entry import Entry
from sentinel.serve.accounts.keys import Keys
from sentinel.serve.accounts.own import Own
from sentinel.serve.accounts.people import People
from sentinel.serve.accounts.sheet import Sheet
from sentinel.serve.accounts.trail import Trail
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Gate
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub


class Accounts:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._pages = pages
        self._clock = clock

    def routes(self, gate: Gate) -> list[Route]:
        sheet = Sheet(
            hub=self._hub, pages=self._pages, frame=Frame(self._hub, self._pages), logins=gate.logins, clock=self._clock
        )
        return [route for page in (People, Own, Entry, Keys, Trail) for route in page(sheet).routes(gate)]
