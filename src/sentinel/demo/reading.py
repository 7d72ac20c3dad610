"""Reading: pages that show what the mailroom and the Slack-shaped sink were given, as those who received it would see it.

Belongs here: lists of inboxes and channels, one message as text. Does not belong here: the buttons of the demo. Everything that
was received is escaped (`Markup.format` does it), and the pages run no script and fetch nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sentinel.demo.mailroom import Mailroom
from sentinel.demo.received import Received
from sentinel.demo.slack import Post, Slack

MOST: Final = 500
"""Rows on one page."""

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

STYLE: Final = Markup("""
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent);
  --quiet: color-mix(in srgb, currentColor 65%, transparent); --card: color-mix(in srgb, currentColor 4%, transparent) }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem }
nav a { margin-right: 1rem }
h1 { font-size: 1.35rem; line-height: 1.25; overflow-wrap: anywhere }
ul { list-style: none; padding: 0; margin: 0 }
li > a { display: block; padding: .6rem .25rem; border-top: 1px solid var(--line); text-decoration: none; color: inherit }
li > a:hover, li > a:focus-visible { background: var(--card) }
b, .text { overflow-wrap: anywhere }
small, dt { color: var(--quiet); font-size: .85rem }
li small { display: block }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: 0 0 1rem }
dd { margin: 0; overflow-wrap: anywhere }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; background: var(--card) }
.text { white-space: pre-wrap; margin: 0; font: inherit }
details pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem }
""")


def reading_room(mailroom: Mailroom, slack: Slack) -> Starlette:
    """An application of its own with all the pages."""
    return Starlette(routes=routes(mailroom, slack))


def routes(mailroom: Mailroom, slack: Slack) -> list[Route]:
    """`/mail`, `/mail/<address>`, `/mail/<address>/<number>` and `/slack`, to be part of a bigger application."""

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
    ]


def _page(title: str, body: Markup, status: int = 200) -> HTMLResponse:
    page = Markup(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>{title}</title><style>{style}</style><nav><a href="/mail">Inboxes</a><a href="/slack">Slack</a></nav>'
        "<main><h1>{title}</h1>{body}</main></html>"
    ).format(title=title, style=STYLE, body=body)
    return HTMLResponse(page, status_code=status, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


def _inboxes(mailroom: Mailroom) -> Markup:
    last = sorted(((mailroom.inbox(address)[-1], address) for address in mailroom.addresses), key=lambda pair: -pair[0].number)
    rows = (
        Markup('<li><a href="/mail/{}"><b>{}</b> <small>{} · {} · {}</small></a></li>').format(
            address, address, _counted(len(mailroom.inbox(address)), "message"), _time(received.arrived_at), received.subject
        )
        for received, address in last[:MOST]
    )
    return _list(rows, len(last), "Nobody has got any mail yet.")


def _listed(address: str, received: tuple[Received, ...]) -> Markup:
    rows = (
        Markup('<li><a href="/mail/{}/{}"><b>{}</b> <small>{} · from {}</small></a></li>').format(
            address, each.number, each.subject or "(no subject)", _time(each.arrived_at), each.header("From")
        )
        for each in received[::-1][:MOST]
    )
    return _list(rows, len(received), "This inbox is empty.")


def _opened(received: Received) -> Markup:
    shown = [(name, received.header(name)) for name in ("From", "To", "Date", "Reply-To") if received.header(name)]
    headers = Markup("").join(Markup("<dt>{}<dd>{}").format(name, value) for name, value in shown)
    every = "\n".join(f"{name}: {value}" for name, value in received.message.items())
    return Markup(
        "<dl>{}<dt>Arrived<dd>{}</dl><article><div class=text>{}</div></article>"
        "<details><summary>All headers</summary><pre>{}</pre></details>"
        "<details><summary>The HTML part, as source</summary><pre>{}</pre></details>"
    ).format(headers, _time(received.arrived_at), received.text or "(no text part)", every, received.html or "(none)")


def _channels(slack: Slack) -> Markup:
    return Markup("").join(
        Markup("<h2>#{}</h2>{}").format(name, _posts(slack.channel(channel))) for channel, name in slack.channels.items()
    )


def _posts(posts: tuple[Post, ...]) -> Markup:
    if not posts:
        return Markup("<p>Nothing has been posted yet.</p>")
    return Markup("").join(
        Markup("<article><small>{}</small><div class=text>{}</div></article>").format(_time(post.arrived_at), post.shown)
        for post in posts[::-1][:MOST]
    )


def _list(rows: Iterable[Markup], count: int, empty: str) -> Markup:
    if not count:
        return Markup("<p>{}</p>").format(empty)
    more = Markup("<p><small>and {} more</small></p>").format(count - MOST) if count > MOST else Markup("")
    return Markup("<ul>{}</ul>{}").format(Markup("").join(rows), more)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
