"""`GET /probe?target=…&module=…`: what a scrape made for blackbox_exporter asks. It takes a token, as the API does.

It changes nothing and is kept nowhere: what is to be watched is a check. Does not belong here: the sample (run/scraped.py), the
names of its metrics (exposition.py).
"""

import re
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from starlette.responses import PlainTextResponse

from sentinel.model.account import Right
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.probe.exposition import exposition
from sentinel.serve.probe.port import NotProbed, Refusal

STATUS: Final = {NotProbed.UNKNOWN: 400, NotProbed.UNFIT: 400, NotProbed.BUSY: 503, NotProbed.BROKEN: 503}
OFFSET: Final = 0.5
"""Seconds that are kept back of what the scraper says it waits, as over there."""
_SECONDS: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,9})?")
Text = Annotated[str, Query(max_length=2048, pattern="^[^\\x00]*$")]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def get_probe(
        request: Request, target: Text = "", module: Text = "http_2xx", hostname: Text = "", debug: Text = ""
    ) -> Response:
        """Look at a target once, as a module of blackbox_exporter says, and give the figures in its names."""
        if not target:
            return PlainTextResponse("Target parameter is missing\n", status_code=400)
        within = _within(request.headers.get("x-prometheus-scrape-timeout-seconds", ""))
        answer = await hub.probe_for(module, target, hostname, within)
        if isinstance(answer, Refusal):
            return PlainTextResponse(answer.said + "\n", status_code=STATUS[answer.why])
        text, content_type = exposition(answer, request.headers.get("accept", ""))
        if debug == "true":
            said = f"Verdict: {'success' if answer.success else 'failure'}\n{answer.reason}\n\n"
            return PlainTextResponse(said.encode() + text)
        return Response(text, headers={"content-type": content_type})

    about: dict[str, Any] = {"operation_id": "get_probe", "summary": "Look at a target for a scraper", "tags": ["hub"]}
    return [ApiRoute(door, "GET", "/probe", Right.PROBE, get_probe, prefix="", **about)]


def _within(header: str) -> float | None:
    """What the scraper leaves; None where it does not say."""
    given = float(header) if _SECONDS.fullmatch(header) else 0.0
    return max(0.1, given - OFFSET) if given else None
