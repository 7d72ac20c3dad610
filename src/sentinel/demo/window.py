"""Window: one page on loopback to break and heal the company's services, and to read every inbox."""

from html import escape
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sentinel.demo.reading import POLICY, STYLE, routes
from sentinel.demo.services import PAGES, How
from sentinel.demo.stage import Stage
from sentinel.demo.web import Web

SAYS: Final = {
    How.HEALTHY: "heal",
    How.REFUSE: "refuse connections",
    How.ERROR: "answer with an error",
    How.SLOW: "be slow",
    How.HANG: "never answer",
    How.WRONG: "show a wrong page",
}


class Window:
    """`url` is known from the start; it answers while it is open."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        own = [Route("/", self._show), Route("/set", self._set, methods=["POST"])]
        self._web = Web(Starlette(routes=[*own, *routes(stage.mailroom, stage.slack)]))
        self.url = f"{self._web.url.rstrip('/')}/"

    async def open(self) -> None:
        await self._web.start()

    async def close(self) -> None:
        await self._web.stop()

    async def _show(self, request: Request) -> Response:
        rows = "".join(self._row(service) for service in PAGES)
        body = f"<h1>Break it, heal it</h1>{rows}<p><a href=/mail>Inboxes</a> · <a href=/slack>Slack</a> · "
        body += f'<a href="{escape(self._stage.url)}">Console</a></p>'
        page = "<!doctype html><meta charset=utf-8><meta name=viewport content=width=device-width><title>Northwind</title>"
        headers = {"Content-Security-Policy": POLICY}
        return HTMLResponse(f"{page}<style>{STYLE}</style>{body}", headers=headers)

    def _row(self, service: str) -> str:
        now = self._stage.company.seen(service)
        buttons = "".join(
            f"<button name=how value={how.value}{' disabled' if how is now else ''}>{SAYS[how]}</button> " for how in How
        )
        form = f'<form method=post action=/set><input type=hidden name=service value="{escape(service)}">{buttons}</form>'
        return f"<article><b>{escape(service)}</b> <small>is {escape(now.value)}</small>{form}</article>"

    async def _set(self, request: Request) -> Response:
        """From this page's own buttons alone."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("not from this page", status_code=403)
        form = await request.form()
        service, how = str(form.get("service")), str(form.get("how"))
        if service not in PAGES or how not in set(How):
            return PlainTextResponse("no such service, or no such state", status_code=422)
        if how == How.HEALTHY:
            self._stage.company.heal(service)
        else:
            self._stage.company.break_(service, how)
        return RedirectResponse("/", status_code=303)
