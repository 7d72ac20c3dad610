"""What needs no credentials: health, metrics, the files of static/, unsubscribing. Nothing here names a person or a secret."""

import asyncio
import logging
from collections.abc import Mapping
from importlib.metadata import version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sentinel.serve.assets import Assets
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.metrics import exposition
from sentinel.serve.pages import Pages
from sentinel.serve.port import Figures, Health, Hub

LONGEST_TOKEN = 512
HEALTH_SECONDS = 5.0
METRICS_SECONDS = 5.0

log = logging.getLogger(__name__)

# The unsubscribe page is read by customers, so it speaks their languages; English stands in for one that is not here.
UNSUBSCRIBE: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Messages from {brand}",
        "ask": "Do you want to stop getting messages when a service of ours has trouble?",
        "button": "Stop these messages",
        "done": "You will get no more of these messages.",
        "unknown": "We do not know this link. Please use the link in the latest message that you got from us.",
    },
    "es": {
        "title": "Mensajes de {brand}",
        "ask": "¿Quiere dejar de recibir mensajes cuando un servicio nuestro tenga problemas?",
        "button": "No recibir más estos mensajes",
        "done": "No recibirá más mensajes de este tipo.",
        "unknown": "No reconocemos este enlace. Use, por favor, el enlace del último mensaje que recibió de nosotros.",
    },
}


class Public:
    """The routes that anybody may call."""

    def __init__(self, hub: Hub, pages: Pages, files: Assets) -> None:
        self._hub = hub
        self._pages = pages
        self._files = files
        self._version = version("sentinel")

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/healthz", Need.NOBODY, self.healthz),
            gate.route("GET", "/readyz", Need.NOBODY, self.readyz),
            gate.route("GET", "/metrics", Need.NOBODY, self.metrics),
            gate.route("GET", "/static/{name:path}", Need.NOBODY, self.static),
            gate.route("GET", "/u/{unsubscribe}", Need.NOBODY, self.unsubscribe_page),
            gate.route("POST", "/u/{unsubscribe}", Need.NOBODY, self.unsubscribe),
        ]

    async def healthz(self, request: Request, visitor: Visitor) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request, visitor: Visitor) -> Response:
        """Answers also when nothing else does: whoever asks wants to know just that."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                health = await self._hub.health()
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            log.warning("the hub's health cannot be told: %s", type(error).__name__)
            health = Health(ready=False, reasons=("the hub's health cannot be told",))
        return JSONResponse({"ready": health.ready, "reasons": list(health.reasons)}, status_code=200 if health.ready else 503)

    async def metrics(self, request: Request, visitor: Visitor) -> Response:
        """What the store says, and of ourselves; where the store says nothing, of ourselves alone."""
        figures: Figures | None = None
        try:
            async with asyncio.timeout(METRICS_SECONDS):
                figures = await self._hub.figures()
        except Exception as error:  # noqa: BLE001 - the metric `sentinel_store_up` says so
            log.warning("the store's figures cannot be read: %s", type(error).__name__)
        accept = request.headers.get("accept", "")
        text, content_type = exposition(figures, self._hub.own_figures(), self._version, accept)
        return Response(text, headers={"content-type": content_type})

    async def static(self, request: Request, visitor: Visitor) -> Response:
        """Kept by browsers for a year where it was asked for by its mark; else a changed file would be served from a cache."""
        found = self._files.find(request.path_params["name"])
        if found is None:
            raise HTTPException(404, "There is no such page.")
        kept = "max-age=31536000, immutable" if request.query_params.get("v") == found.mark else "max-age=300"
        return Response(found.content, headers={"content-type": found.content_type, "cache-control": f"public, {kept}"})

    async def unsubscribe_page(self, request: Request, visitor: Visitor) -> Response:
        """Shows a button and asks nothing of the hub: mail scanners follow links."""
        return self._shown("ask")

    async def unsubscribe(self, request: Request, visitor: Visitor) -> Response:
        """RFC 8058: one POST without cookie or page, from the mail program or from the button."""
        token = request.path_params["unsubscribe"]
        known = len(token) <= LONGEST_TOKEN and await self._hub.unsubscribe(token)
        return self._shown("done") if known else self._shown("unknown", status=404)

    def _shown(self, what: str, status: int = 200) -> Response:
        spoken = dict.fromkeys(language.partition("-")[0] for language in self._hub.installation.languages)
        texts = [(language, UNSUBSCRIBE[language]) for language in spoken if language in UNSUBSCRIBE]
        texts = texts or [("en", UNSUBSCRIBE["en"])]
        return self._pages.render("unsubscribe.html", status=status, what=what, texts=texts)
