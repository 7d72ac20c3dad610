"""A browser's manners over the real application: cookies, same-origin headers, the token of the form on the page."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import httpx

from sentinel.model.secret import Secret
from sentinel.serve.api.port import ApiHub
from sentinel.serve.app import make_app
from tests.serve import world

TOKEN = "operator-token-of-the-tests"
ORIGIN = "https://sentinel.northwind.example"


class Clock:
    """The present instant, moved by hand."""

    def __init__(self) -> None:
        self.now = world.NOW

    def __call__(self) -> datetime:
        return self.now


class Browser:
    """One person's browser. `post` sends what a form of our own page would."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, form: dict[str, str], *, token: bool = True) -> httpx.Response:
        sent = {**form, "token": await self.form_token()} if token else form
        return await self.client.post(path, data=sent, headers={"sec-fetch-site": "same-origin"})

    async def form_token(self) -> str:
        found = re.search(r'name="token" value="([0-9a-f]{64})"', (await self.get("/hold")).text)
        assert found, "no form token: not signed in"
        return found[1]

    async def sign_in(self, email: str = world.LEAD.email, password: str = world.PASSWORD, target: str = "/") -> httpx.Response:
        return await self.post("/sign-in", {"email": email, "password": password, "next": target}, token=False)


def client(
    hub: ApiHub,
    clock: Callable[[], datetime],
    address: str = "203.0.113.7",
) -> httpx.AsyncClient:
    """A client of the real application, calling from `address`."""
    app = make_app(hub, Secret(TOKEN), clock, scrypt_cost=16)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


def text_of(answer: httpx.Response) -> str:
    """The words of a page, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())
