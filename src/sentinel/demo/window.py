"""Window: the newcomer's page on loopback: break and heal the services, and read what everybody received, side by side.

Belongs here: its routes, and what stands on it. Does not belong here: where the newcomer is (guide.py), one inbox at a time
(reading.py). A GET changes nothing; only this page's own buttons may POST.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sentinel.demo.glance import Glance
from sentinel.demo.guide import WRONG, Facts, guide
from sentinel.demo.panes import panes
from sentinel.demo.reading import POLICY, asset, routes
from sentinel.demo.services import PAGES, STANDS_ON, How
from sentinel.demo.stage import Stage
from sentinel.demo.web import Web
from sentinel.demo.world import BRAND, staff_of

SAYS: Final[Mapping[How, str]] = {
    How.REFUSE: "stop",
    How.SLOW: "be slow",
    How.ERROR: "answer with an error",
    How.WRONG: "spoil its page",
    How.HANG: "never answer",
    How.EXPIRING: "certificate: 5 days left",
    How.EXPIRED: "let its certificate expire",
    How.HEALTHY: "heal",
}
RARE: Final = (How.HANG, How.EXPIRING)
TONES: Final[Mapping[How, str]] = {How.HEALTHY: "good", How.SLOW: "warn", How.EXPIRING: "warn"}
ORDER: Final = ("payments", "documents", "quoting", "accounts", "ledger")
"""On the page: where to begin comes first."""
ROOMS: Final = (
    ("/", "Board"),
    ("/desk", "The desk's page (as Dana)"),
    ("/services", "Services and checks"),
    ("/status", "Status page, as the public sees it"),
    ("/report", "Report"),
)
OPEN: Final = "; script-src 'self'; connect-src 'self'"
TITLES: Final[Mapping[str, str]] = {
    "quoting": "Online quotes",
    "payments": "Online payments",
    "documents": "Online documents",
    "accounts": "Online accounts",
    "ledger": "Policy ledger",
}
"""Until the hub has said what it calls them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCard:
    """One service on the page. `says`: each of its checks that is not simply up, what it shows and why.

    `buttons`: what could be done to it now; `others`: the same, less often wanted.
    """

    name: str
    title: str
    state: str
    tone: str
    about: str
    says: Sequence[tuple[str, str, str]]
    buttons: Sequence[tuple[str, str]]
    others: Sequence[tuple[str, str]]


class Window:
    """`url` is known from the start; it answers while it is open."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._glance = Glance(stage.folder / "sentinel.db")
        loader = PackageLoader("sentinel.demo", "pages")
        self._page = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        own = [Route("/", self._show), Route("/set", self._set, methods=["POST"]), asset("demo.js", "text/javascript")]
        self._web = Web(Starlette(routes=[*own, *routes(stage.mailroom, stage.slack)]))
        self.url = f"{self._web.url}/"

    async def open(self) -> None:
        await self._web.start()

    async def close(self) -> None:
        await self._web.stop()
        await self._glance.close()

    async def _show(self, request: Request) -> Response:
        if not self._is_ours(request):
            return PlainTextResponse("this page is at " + self.url, status_code=421)
        company = self._stage.company
        facts = await self._glance.facts({service: company.seen(service) for service in PAGES})
        shown = self._page.get_template("window.html").render(
            brand=BRAND,
            console=self._stage.url,
            rooms=ROOMS,
            staff=staff_of(self._stage.world.config),
            password=self._stage.world.password,
            config=self._stage.world.config,
            guide=guide(facts),
            services=[card(service, facts, company.state[service]) for service in ORDER],
            panes=panes(self._stage.mailroom, self._stage.slack),
        )
        return HTMLResponse(shown, headers={"Content-Security-Policy": POLICY + OPEN, "Cache-Control": "no-store"})

    async def _set(self, request: Request) -> Response:
        """From this page's own buttons alone."""
        if not self._is_ours(request) or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("not from this page", status_code=403)
        form = await request.form(max_files=0, max_fields=5)
        service, how = str(form.get("service")), str(form.get("how"))
        if service not in PAGES or how not in set(How):
            return PlainTextResponse("no such service, or no such state", status_code=422)
        self._stage.company.break_(service, how)
        return RedirectResponse("/", status_code=303)

    def _is_ours(self, request: Request) -> bool:
        """Asked by our own address, so that no foreign name can be made to lead here; and, if from a page, from ours."""
        return request.headers.get("origin", self._web.url) == self._web.url and f"{request.base_url}" == self.url


def card(service: str, facts: Facts, own: How) -> ServiceCard:
    """`own`: what was done to the service itself, which may be well and still suffer from what it stands on."""
    seen = facts.seen[service]
    under = STANDS_ON.get(service)
    about = "What payments and documents stand on. Customers never see it." if service == "ledger" else ""
    if under is not None and own is How.HEALTHY and seen is not How.HEALTHY:
        about = f"It is well itself, but it stands on the {under}."
    checks = [(check, shown, why) for check, (shown, why) in facts.says.items() if check.partition(".")[0] == service]
    return ServiceCard(
        name=service,
        title=facts.titles.get(service, TITLES[service]),
        state=WRONG[seen],
        tone=TONES.get(seen, "bad"),
        about=about,
        says=[each for each in checks if each[1] != "up" or each[2]],
        buttons=[(how.value, says) for how, says in SAYS.items() if how is not own and how not in RARE],
        others=[(how.value, SAYS[how]) for how in RARE if how is not own],
    )
