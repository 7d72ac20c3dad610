"""statuspage: what a vendor's own status page says: Statuspage, incident.io, RSS or Atom, told apart by what comes.

Lives in the `curl` child. That the page gives no answer says nothing of the vendor: then nothing is known. Belongs here: its
options, the question, the facts. Does not belong here: reading JSON (answer.py) and XML (feed.py), what is good (condition.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.guard import Gate
from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.model.web import web_address
from sentinel.probe import feed
from sentinel.probe.answer import dicts, in_utc, instant_of, json_of, text_of, whole, with_facts
from sentinel.probe.assertion import Conditions, FactHolds
from sentinel.probe.condition import Rules, Seen
from sentinel.probe.trouble import ours

if TYPE_CHECKING:
    from sentinel.probe.exchange import Exchange

LIVES_IN: Final = "curl"
WITNESS: Final = "the vendor's page says nothing"
FACTS: Final[Mapping[str, FactType]] = {
    "indicator": "text", "says": "text", "page_indicator": "text", "component_status": "text", "not_operational": "text",
    "affected": "number", "open_incidents": "number", "newest": "text", "newest_at": "text", "ends_at": "text",
    "format": "text", "status": "number", "bytes": "number", "redirects": "number", "ip": "text", "total_ms": "number",
    "dns_ms": "number", "connect_ms": "number", "tls_ms": "number", "first_byte_ms": "number", "transfer_ms": "number",
    "certificate_days": "number", "certificate_expires_at": "text",
}  # fmt: skip
SUMMARY: Final = "/api/v2/summary.json"
_WHOSE: Final = "the vendor's page"
_ORDER: Final = ("none", "maintenance", "minor", "major", "critical")
_MEANS: Final = {
    "operational": "none", "under_maintenance": "maintenance", "degraded_performance": "minor", "partial_outage": "major",
    "major_outage": "critical", "full_outage": "critical",
}  # fmt: skip
"""The status of a component, or an incident's impact on one → the indicator."""
_OVER: Final = ("resolved", "completed", "closed", "postmortem", "post-mortem", "operating normally", "restored", "cancelled")
_UNDER_WAY: Final = ("in_progress", "verifying")
_PLANNED: Final = ("scheduled", "maintenance", "planned")
_GRAVE: Final = ("outage", "disruption", "unavailable", "down")


class Options(BaseModel):
    """Whose page. A plain URL stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    url: Annotated[str, Field(max_length=8192), AfterValidator(web_address)]
    """The page, or its feed. Of a page without a path, /api/v2/summary.json is asked: Statuspage and incident.io have it."""
    component: Annotated[str, Field(max_length=200)] = ""
    """The only part of the vendor that matters, by its name on the page. Of a feed: a text that its items hold."""
    open_for: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=90))] = timedelta(days=1)
    """How long an item of a feed that says nothing of its end counts as open."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _of_page(cls, url: str) -> str:
        parts = urlsplit(url)
        return url if parts.path.strip("/") or parts.query else url.rstrip("/") + SUMMARY


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return urlsplit(options.url).hostname or ""


def assumed(up: Conditions) -> Conditions:
    """`up` with what goes without saying: it is neither major nor critical, unless the indicator is named."""
    asked = dict(up.fact or {})
    if "indicator" in asked:
        return up
    fine = FactHolds.model_validate({"one_of": ("none", "minor", "maintenance")})
    return up.model_copy(update={"fact": {"indicator": fine, **asked}})


def exchange(options: Options, gate: Gate, rules: Rules) -> "Exchange":
    """What makes the samples of one check."""
    from sentinel.probe.exchange import Exchange  # and libcurl with it, of which a hub that only reads Options has no use
    from sentinel.probe.request import Request

    accept = "application/json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
    request = Request(url=options.url, headers={"Accept": accept}, verify=options.verify, ca=options.ca, encoding="gzip")
    return Exchange(request, gate, replace(rules, reads_body=True))


def read(options: Options, seen: Seen, now: datetime) -> Seen:
    """The facts of what it says, whatever language it says it in."""
    body = whole(seen, _WHOSE)
    begins = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if begins.startswith(b"{"):
        found = json_of(body, _WHOSE)
        facts = _of_widget(options, found) if "ongoing_incidents" in found else _of_summary(options, found)
    elif begins.startswith(b"<?xml") or begins[:5].lower() in (b"<rss ", b"<rss>", b"<feed", b"<rdf:"):
        facts = _of_feed(options, body, now)
    elif begins.startswith(b"<"):
        raise ours(f"{_WHOSE} sent a web page: write the address of its feed, or of its {SUMMARY}")
    else:
        raise ours(f"{_WHOSE} sent something that is neither JSON nor a feed")
    return with_facts(seen, facts)


def _of_summary(options: Options, found: dict[str, Any]) -> dict[str, Fact]:
    """Statuspage's /api/v2/summary.json, which incident.io and others have too (or status.json, which says less)."""
    status = found.get("status")
    if not isinstance(status, dict) or (indicator := status.get("indicator")) not in _ORDER:
        raise ours(f"{_WHOSE} sent JSON that is not Statuspage's or incident.io's")
    parts = [one for one in dicts(found.get("components")) if not one.get("group")]
    facts: dict[str, Fact] = {
        "format": "statuspage",
        "indicator": text_of(indicator),
        "says": text_of(status.get("description")),
    }
    incidents = [one for one in dicts(found.get("incidents")) if one.get("status") not in ("resolved", "postmortem")]
    if options.component:
        states = [text_of(one.get("status")) for one in parts if _is_named(one, options.component)]
        if not states:
            known = ", ".join(text_of(one.get("name")) for one in parts[:8]) or "none"
            raise ours(f"{_WHOSE} has no component {options.component}; it has {known}"[:280])
        worst = max(states, key=lambda state: _ORDER.index(_MEANS.get(state, "major")))
        facts["page_indicator"], facts["indicator"] = facts["indicator"], _MEANS.get(worst, "major")
        facts["component_status"] = worst
        incidents = [one for one in incidents if _touches(one.get("components"), options.component)]
    ailing = [text_of(one.get("name")) for one in parts if one.get("status") not in ("operational", None)]
    facts["affected"], facts["not_operational"] = len(ailing), "; ".join(ailing[:20])
    if facts["indicator"] == "maintenance":
        under_way = [one for one in dicts(found.get("scheduled_maintenances")) if one.get("status") in _UNDER_WAY]
        mine = [one for one in under_way if not options.component or _touches(one.get("components"), options.component)]
        facts |= _ending([one.get("scheduled_until") for one in mine])
    return facts | _newest([(one.get("name"), instant_of(one.get("updated_at"))) for one in incidents])


def _of_widget(options: Options, found: dict[str, Any]) -> dict[str, Fact]:
    """incident.io's widget: what is going on, with the parts that it touches."""
    ongoing = dicts(found.get("ongoing_incidents"))
    if options.component:
        ongoing = [one for one in ongoing if _touches(one.get("affected_components"), options.component)]
    meant = [_MEANS.get(str(one.get("current_worst_impact")), "minor") for one in ongoing]
    works = dicts(found.get("in_progress_maintenances"))
    if options.component:  # maintenance that names no component is not about one that is named
        works = [one for one in works if _names(one.get("affected_components"), options.component)]
    meant += ["maintenance"] * bool(works)
    ailing = {
        text_of(part.get("name"))
        for one in ongoing
        for part in dicts(one.get("affected_components"))
        if part.get("current_status") != "operational"
    }
    facts: dict[str, Fact] = {
        "format": "incident.io",
        "indicator": max(meant, key=_ORDER.index, default="none"),
        "says": text_of(ongoing[0].get("last_update_message")) if ongoing else "",
        "affected": len(ailing),
        "not_operational": "; ".join(sorted(ailing)[:20]),
    }
    if facts["indicator"] == "maintenance":
        facts |= _ending([one.get("scheduled_end_at") for one in works])
    return facts | _newest([(one.get("name"), instant_of(one.get("last_update_at"))) for one in ongoing])


def _of_feed(options: Options, body: bytes, now: datetime) -> dict[str, Fact]:
    """A feed tells no indicator: what is open is major when its words are grave, else minor."""
    try:
        every = feed.items(body)
    except feed.NoFeed as why:
        raise ours(f"{_WHOSE} sent no feed that can be read: {why}") from None
    wanted = options.component.lower()
    about = [one for one in every if wanted in f"{one.title} {one.text}".lower()]
    ongoing = [one for one in about if _is_open(one, now, options.open_for)]
    meant = ["major" if _says(one.title, _GRAVE) else "minor" for one in ongoing]
    facts: dict[str, Fact] = {
        "format": "feed",
        "indicator": max(meant, key=_ORDER.index, default="none"),
        "says": text_of(ongoing[0].text) if ongoing else "",
    }
    newest = max(about, key=lambda one: one.at.timestamp() if one.at else 0.0, default=None)
    return facts | _newest([(one.title, one.at) for one in ongoing]) | (_titled(newest.title, newest.at) if newest else {})


def _is_open(item: feed.Item, now: datetime, open_for: timedelta) -> bool:
    """Feeds put the newest word first, or into the title: what says there that it is over, or yet to come, is not open."""
    if _says(item.title, _OVER) or _says(item.text[:120], _OVER) or _says(f"{item.title} {item.text[:120]}", _PLANNED):
        return False
    return item.at is None or now - item.at < open_for


def _says(text: str, words: tuple[str, ...]) -> bool:
    plain = "".join(letter if letter.isalnum() or letter == "-" else " " for letter in text.lower())
    spaced = f" {' '.join(plain.split())} "
    return any(f" {word} " in spaced for word in words)


def _is_named(part: dict[str, Any], name: str) -> bool:
    return name.casefold() in (text_of(part.get("name")).casefold(), str(part.get("id", "")).casefold())


def _touches(parts: Any, name: str) -> bool:
    """Whether an incident touches a component; one that names none touches all."""
    return not dicts(parts) or _names(parts, name)


def _names(parts: Any, name: str) -> bool:
    return any(_is_named(part, name) for part in dicts(parts))


def _ending(ends: list[Any]) -> dict[str, Fact]:
    """When the last of what is under way is to end; nothing, if one of them does not say."""
    known = [at for each in ends if (at := instant_of(each)) is not None]
    return {"ends_at": _written(max(known))} if known and len(known) == len(ends) else {}


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _newest(ongoing: list[tuple[Any, datetime | None]]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"open_incidents": len(ongoing)}
    dated = sorted(ongoing, key=lambda one: one[1].timestamp() if one[1] else 0.0)
    return facts | (_titled(*dated[-1]) if dated else {})


def _titled(title: Any, at: datetime | None) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"newest": text_of(title)}
    when = in_utc(at) if at else None
    return facts | {"newest_at": _written(when)} if when else facts
