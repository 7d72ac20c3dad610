"""Reading: pages that show what the mailroom and the Slack-shaped sink were given, as those who received it would see it.

Belongs here: lists of inboxes and channels, one message as text. Does not belong here: the buttons of the demo. Everything that
was received is escaped (`Markup.format` does it), and the pages run no script and fetch nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sentinel.demo.mailroom import Mailroom
from sentinel.demo.received import Received
from sentinel.demo.slack import Post, Slack

ZONE: Final = ZoneInfo("Europe/Madrid")
MOST: Final = 500
"""Rows on one page."""

POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def reading_room(mailroom: Mailroom, slack: Slack) -> Starlette:
    """An application of its own with all the pages."""
    return Starlette(routes=routes(mailroom, slack))


def asset(name: str, kind: str) -> Route:
    """A route that serves a packaged file of pages/."""
    content = (resources.files("sentinel.demo") / "pages" / name).read_bytes()

    async def served(request: Request) -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})

    return Route(f"/{name}", served)


def routes(mailroom: Mailroom, slack: Slack) -> list[Route]:
    """`/mail`, `/mail/<address>`, `/mail/<address>/<number>`, `/slack` and their style sheet, for a bigger application."""

    async def inboxes(request: Request) -> Response:
        return _page("Inboxes", _inboxes(mailroom))

    async def inbox(request: Request) -> Response:
        address = request.path_params["address"]
        return _page(address, _listed(address, mailroom.inbox(address)))

    async def message(request: Request) -> Response:
        address, number = request.path_params["address"], request.path_params["number"]
        received = mailroom.find(number)
        if received is None or received not in mailroom.inbox(address):
            return _page("No such message", Markup("<p>It is not in this inbox.</p>"), status=404)
        return _page(received.subject or "(no subject)", _opened(received))

    async def channels(request: Request) -> Response:
        return _page("Slack", _channels(slack))

    return [
        Route("/", inboxes),
        Route("/mail", inboxes),
        Route("/mail/{address}", inbox),
        Route("/mail/{address}/{number:int}", message),
        Route("/slack", channels),
        asset("demo.css", "text/css"),
    ]


def _page(title: str, body: Markup, status: int = 200) -> HTMLResponse:
    page = Markup(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>{title}</title><link rel="stylesheet" href="/demo.css">'
        '<nav><a href="/">Start</a><a href="/mail">Inboxes</a><a href="/slack">Slack</a></nav>'
        "<main><h1>{title}</h1>{body}</main></html>"
    ).format(title=title, body=body)
    return HTMLResponse(page, status_code=status, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


def _inboxes(mailroom: Mailroom) -> Markup:
    last = sorted(((mailroom.inbox(address)[-1], address) for address in mailroom.addresses), key=lambda pair: -pair[0].number)
    rows = (
        Markup('<li><a href="/mail/{}"><b>{}</b> <small>{} · {} · {}</small></a></li>').format(
            address, address, _counted(len(mailroom.inbox(address)), "message"), clock(received.arrived_at), received.subject
        )
        for received, address in last[:MOST]
    )
    return _list(rows, len(last), "Nobody has got any mail yet.")


def _listed(address: str, received: tuple[Received, ...]) -> Markup:
    rows = (
        Markup('<li><a href="/mail/{}/{}"><b>{}</b> <small>{} · from {}</small></a></li>').format(
            address, each.number, each.subject or "(no subject)", clock(each.arrived_at), each.header("From")
        )
        for each in received[::-1][:MOST]
    )
    return _list(rows, len(received), "This inbox is empty.")


def _opened(received: Received) -> Markup:
    shown = [(name, received.header(name)) for name in ("From", "To", "Date", "Reply-To") if received.header(name)]
    headers = Markup("").join(Markup("<dt>{}<dd>{}").format(name, value) for name, value in shown)
    every = "\n".join(f"{name}: {value}" for name, value in received.message.items())
    return Markup(
        "<dl class=headers>{}<dt>Arrived<dd>{}</dl><article><div class=text>{}</div></article>"
        "<details><summary>All headers</summary><pre>{}</pre></details>"
        "<details><summary>The HTML part, as source</summary><pre>{}</pre></details>"
    ).format(headers, clock(received.arrived_at), received.text or "(no text part)", every, received.html or "(none)")


def _channels(slack: Slack) -> Markup:
    return Markup("").join(
        Markup("<h2>#{}</h2>{}").format(name, _posts(slack.channel(channel))) for channel, name in slack.channels.items()
    )


def looks(line: str) -> tuple[str, str]:
    """A line of a post as Slack shows it: what it is (bold, quote, button or said) and its words."""
    if len(line) > 2 and line[0] == line[-1] == "*":
        return "bold", line[1:-1]
    if line.startswith("> "):
        return "quote", line[2:]
    return ("button", line[1:-1]) if line[:1] == "[" and line[-1:] == "]" else ("said", line)


def _shown(post: Post) -> Markup:
    first, *rest = post.shown.splitlines() or [""]
    lines = (Markup('<p class="{}">{}</p>').format(*looks(line)) for line in rest)
    return Markup('<h3>{}</h3><div class="text post">{}</div>').format(first, Markup("").join(lines))


def _posts(posts: tuple[Post, ...]) -> Markup:
    if not posts:
        return Markup("<p>Nothing has been posted yet.</p>")
    return Markup("").join(
        Markup("<article><small>{}</small>{}</article>").format(clock(post.arrived_at), _shown(post))
        for post in posts[::-1][:MOST]
    )


def _list(rows: Iterable[Markup], count: int, empty: str) -> Markup:
    if not count:
        return Markup("<p>{}</p>").format(empty)
    more = Markup("<p><small>and {} more</small></p>").format(count - MOST) if count > MOST else Markup("")
    return Markup("<ul class=mails>{}</ul>{}").format(Markup("").join(rows), more)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def clock(at: datetime) -> str:
    """An instant as the pages show it, by the company's clocks."""
    return f"{at.astimezone(ZONE):%H:%M:%S}"
