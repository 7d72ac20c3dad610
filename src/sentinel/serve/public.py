"""What needs no credentials: health, metrics, the style sheet, and unsubscribing. Nothing here names a person or a secret."""

from collections.abc import Mapping
from hashlib import sha256
from importlib import resources
from importlib.metadata import version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sentinel.model.installation import Installation
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.metrics import exposition
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub

STATIC_TYPES = {"console.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
LONGEST_TOKEN = 512

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


def static_files() -> Mapping[str, bytes]:
    """The packaged files of static/ by name."""
    folder = resources.files("sentinel.serve") / "static"
    return {name: (folder / name).read_bytes() for name in STATIC_TYPES}


def style_address(files: Mapping[str, bytes]) -> str:
    """The style sheet's address; it changes with its content, so that browsers may keep it."""
    return f"/static/console.css?v={sha256(files['console.css']).hexdigest()[:12]}"


class Public:
    """The routes that anybody may call."""

    def __init__(self, hub: Hub, installation: Installation, pages: Pages, files: Mapping[str, bytes]) -> None:
        self._hub = hub
        self._installation = installation
        self._pages = pages
        self._files = files
        self._version = version("sentinel")

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/healthz", Need.NOBODY, self.healthz),
            gate.route("GET", "/readyz", Need.NOBODY, self.readyz),
            gate.route("GET", "/metrics", Need.NOBODY, self.metrics),
            gate.route("GET", "/static/{name}", Need.NOBODY, self.static),
            gate.route("GET", "/u/{unsubscribe}", Need.NOBODY, self.unsubscribe_page),
            gate.route("POST", "/u/{unsubscribe}", Need.NOBODY, self.unsubscribe),
        ]

    async def healthz(self, request: Request, visitor: Visitor) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request, visitor: Visitor) -> Response:
        health = await self._hub.health()
        return JSONResponse({"ready": health.ready, "reasons": list(health.reasons)}, status_code=200 if health.ready else 503)

    async def metrics(self, request: Request, visitor: Visitor) -> Response:
        figures = await self._hub.figures()
        text, content_type = exposition(figures, self._version, request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    async def static(self, request: Request, visitor: Visitor) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            raise HTTPException(404, "There is no such page.")
        headers = {"content-type": STATIC_TYPES[name], "cache-control": "public, max-age=86400"}
        return Response(self._files[name], headers=headers)

    async def unsubscribe_page(self, request: Request, visitor: Visitor) -> Response:
        """Shows a button and asks nothing of the hub: mail scanners follow links."""
        return self._shown("ask")

    async def unsubscribe(self, request: Request, visitor: Visitor) -> Response:
        """RFC 8058: one POST without cookie or page, from the mail program or from the button."""
        token = request.path_params["unsubscribe"]
        known = len(token) <= LONGEST_TOKEN and await self._hub.unsubscribe(token)
        return self._shown("done") if known else self._shown("unknown", status=404)

    def _shown(self, what: str, status: int = 200) -> Response:
        spoken = dict.fromkeys(language.partition("-")[0] for language in self._installation.languages)
        texts = [(language, UNSUBSCRIBE[language]) for language in spoken if language in UNSUBSCRIBE]
        texts = texts or [("en", UNSUBSCRIBE["en"])]
        return self._pages.render("unsubscribe.html", status=status, what=what, texts=texts)
