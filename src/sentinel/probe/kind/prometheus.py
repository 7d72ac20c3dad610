"""prometheus: asks a Prometheus, or what speaks like one (Mimir, Thanos, VictoriaMetrics), for the value of a PromQL query now.

Lives in the `curl` child. That Prometheus gives no answer says nothing of what it measures: then nothing is known.
Belongs here: options, question, facts. Does not belong here: what is good (condition.py), how the answer came (exchange.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from sentinel.model.guard import Gate
from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.model.secret import Secret
from sentinel.model.web import web_address
from sentinel.probe.answer import dicts, json_of, number_of, text_of, whole, with_facts
from sentinel.probe.assertion import Conditions, FactHolds
from sentinel.probe.compare import beginning
from sentinel.probe.condition import Rules, Seen
from sentinel.probe.trouble import ours

if TYPE_CHECKING:
    from sentinel.probe.exchange import Exchange

LIVES_IN: Final = "curl"
WITNESS: Final = "Prometheus says nothing"
FACTS: Final[Mapping[str, FactType]] = {
    "value": "number", "text": "text", "highest": "number", "lowest": "number", "series": "number", "labels": "text",
    "age_s": "number", "warning": "text", "status": "number", "ip": "text", "total_ms": "number", "dns_ms": "number",
    "connect_ms": "number", "tls_ms": "number", "first_byte_ms": "number", "transfer_ms": "number",
    "certificate_days": "number", "certificate_expires_at": "text",
}  # fmt: skip
PATH: Final = "/api/v1/query"


class Options(BaseModel):
    """Whom to ask for what."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    url: Annotated[str, Field(max_length=2048), AfterValidator(web_address)]
    """Where Prometheus is, without `/api/v1/query`; with a path before that, if it has one."""
    query: Annotated[str, Field(min_length=1, max_length=4096)]
    """The question in PromQL."""
    bearer: Secret | None = None
    """A reference to the token that it wants, if it wants one."""
    tenant: Annotated[str, Field(max_length=150, pattern=r"^[A-Za-z0-9!_.*'()|-]*$")] = ""
    """Whose data: sent as X-Scope-OrgID, as Mimir and Cortex want it."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""

    @field_validator("url")
    @classmethod
    def _is_where_it_lives(cls, url: str) -> str:
        if urlsplit(url).query:
            raise ValueError("write only where Prometheus is: the question belongs into `query`")
        return url.rstrip("/").removesuffix(PATH).removesuffix("/api/v1")

    @field_validator("bearer")
    @classmethod
    def _is_sendable(cls, bearer: Secret | None) -> Secret | None:
        if bearer is not None and not all(32 < ord(letter) < 127 for letter in bearer.reveal()):
            raise ValueError("a token holds no spaces, line breaks or letters beyond ASCII")
        return bearer


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return urlsplit(options.url).hostname or ""


def assumed(up: Conditions) -> Conditions:
    """`up` with what goes without saying: there is a value, unless the number of series is named; one, where it is judged."""
    asked = dict(up.fact or {})
    if "series" in asked:
        return up
    wanted = {"is": 1} if asked.keys() & {"value", "text", "labels"} else {"at_least": 1}
    return up.model_copy(update={"fact": {"series": FactHolds.model_validate(wanted), **asked}})


def exchange(options: Options, gate: Gate, rules: Rules) -> "Exchange":
    """What makes the samples of one check."""
    from sentinel.probe.exchange import Exchange  # and libcurl with it, of which a hub that only reads Options has no use
    from sentinel.probe.request import Request

    headers = {"Accept": "application/json"}
    if options.bearer is not None:
        headers["Authorization"] = f"Bearer {options.bearer.reveal()}"
    if options.tenant:
        headers["X-Scope-OrgID"] = options.tenant
    url = f"{options.url}{PATH}?query={quote(options.query, safe='')}"
    request = Request(url=url, headers=headers, follow_redirects=0, verify=options.verify, ca=options.ca)
    return Exchange(request, gate, replace(rules, reads_body=True))


def read(options: Options, seen: Seen, now: datetime) -> Seen:
    """The facts of what it answered."""
    if seen.facts.get("status") in (400, 422, 503):
        _refused(seen)
    found = json_of(whole(seen, "Prometheus"), "Prometheus")
    data = found.get("data")
    if found.get("status") != "success" or not isinstance(data, dict):
        raise ours("Prometheus sent JSON of another shape than expected")
    points = _points(data)
    facts: dict[str, Fact] = {"series": len(points)}
    warnings = found.get("warnings")
    if isinstance(warnings, list) and warnings and (said := text_of(warnings[0])):
        facts["warning"] = said
    if len(points) == 1:
        facts["labels"], _, text = points[0]
        facts["text"] = text
    _measure(facts, points, now)
    return with_facts(seen, facts)


def _refused(seen: Seen) -> None:
    """An error of Prometheus' own, in its words."""
    said = json_of(bytes(seen.body), "Prometheus")
    words = text_of(said.get("error"))
    if words:
        how = "does not understand the query" if said.get("errorType") == "bad_data" else "cannot answer the query"
        raise ours(f"Prometheus {how}: {beginning(words, 200)}")


_Point = tuple[str, float, str]
"""(labels, Unix time, value as text)"""


def _points(data: dict[str, Any]) -> list[_Point]:
    """One for each series: of a range, its last."""
    result = data.get("result")
    if data.get("resultType") in ("scalar", "string"):
        return [_point({}, result)]
    key = {"vector": ("value", "histogram"), "matrix": ("values", "histograms")}.get(str(data.get("resultType")))
    if key is None or not isinstance(result, list):
        raise ours("Prometheus sent JSON of another shape than expected")
    points = []
    for one in dicts(result):
        pair = one.get(key[0])
        if pair is None and key[1] in one:
            raise ours("the query gives a histogram: ask for a number, such as with histogram_quantile")
        points.append(_point(one.get("metric"), pair[-1] if key[0] == "values" and isinstance(pair, list) and pair else pair))
    return points


def _point(metric: Any, pair: Any) -> _Point:
    if not isinstance(pair, list) or len(pair) != 2 or (at := number_of(pair[0])) is None or not isinstance(pair[1], str):
        raise ours("Prometheus sent JSON of another shape than expected")
    named = sorted(metric.items()) if isinstance(metric, dict) else ()
    return text_of(", ".join(f"{name}={value}" for name, value in named)), at, text_of(pair[1])


def _measure(facts: dict[str, Fact], points: list[_Point], now: datetime) -> None:
    """NaN and the infinities are no numbers that can be judged: they are there as text only."""
    values = [value for _, _, text in points if (value := number_of(text)) is not None]
    if values:
        facts["highest"], facts["lowest"] = max(values), min(values)
        if len(points) == 1:
            facts["value"] = values[0]
    if points:
        facts["age_s"] = round(now.timestamp() - min(at for _, at, _ in points), 1)
