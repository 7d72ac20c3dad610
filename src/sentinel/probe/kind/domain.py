"""domain: until when a domain is registered, and how it stands, as its registry says by RDAP.

Lives in the `curl` child. That the registry gives no answer says nothing of the domain: then nothing is known. Belongs here:
its options, the question, the facts. Does not belong here: what is good (condition.py), how the answer came (exchange.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.guard import Gate
from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.model.web import web_address
from sentinel.probe.answer import dicts, instant_of, json_of, text_of, whole, with_facts
from sentinel.probe.assertion import Conditions, FactHolds
from sentinel.probe.condition import Rules, Seen
from sentinel.probe.trouble import ours, theirs

if TYPE_CHECKING:
    from sentinel.probe.exchange import Exchange

LIVES_IN: Final = "curl"
WITNESS: Final = "the registry says nothing"
FACTS: Final[Mapping[str, FactType]] = {
    "days": "number", "expires_at": "text", "registrar": "text", "statuses": "text", "name_servers": "text",
    "signed": "yes or no", "status": "number", "redirects": "number", "ip": "text", "total_ms": "number", "dns_ms": "number",
    "connect_ms": "number", "tls_ms": "number", "first_byte_ms": "number", "transfer_ms": "number",
}  # fmt: skip
BOOTSTRAP: Final = "https://rdap.org/"
"""Knows the registry of each top-level domain, and sends us on to it."""
SWITCHED_OFF: Final = ("server hold", "client hold", "redemption period", "pending delete")
"""Statuses (RFC 8056) with which a domain is taken out of DNS, or about to be lost."""


class Options(BaseModel):
    """Which domain. A plain name stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=3, max_length=253)]
    """The domain as it was registered, such as northwind.example: no host below it."""
    rdap: Annotated[str, Field(max_length=2048), AfterValidator(web_address)] = BOOTSTRAP
    """Whom to ask: where the registry's RDAP service is, or one that knows them all."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("name")
    @classmethod
    def _is_domain(cls, name: str) -> str:
        try:
            plain = name.rstrip(".").lower().encode("idna").decode()
        except UnicodeError:
            raise ValueError("this is no name of a domain") from None
        parts = plain.split(".")
        if len(parts) < 2 or not all(part.replace("-", "").isalnum() for part in parts):
            raise ValueError("write the domain as it was registered, such as northwind.example")
        return plain


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return urlsplit(options.rdap).hostname or ""


def assumed(up: Conditions) -> Conditions:
    """`up` with what goes without saying: it has not expired and is not switched off, unless a condition names these facts."""
    usual = {"days": {"above": 0}, "statuses": {"lacks": SWITCHED_OFF}}
    holds = {name: FactHolds.model_validate(wanted) for name, wanted in usual.items()}
    return up.model_copy(update={"fact": {**holds, **(up.fact or {})}})


def exchange(options: Options, gate: Gate, rules: Rules) -> "Exchange":
    """What makes the samples of one check."""
    from sentinel.probe.exchange import Exchange  # and libcurl with it, of which a hub that only reads Options has no use
    from sentinel.probe.request import Request

    request = Request(
        url=f"{options.rdap.rstrip('/')}/domain/{options.name}",
        headers={"Accept": "application/rdap+json"},
        verify=options.verify,
        ca=options.ca,
    )
    return Exchange(request, gate, replace(rules, reads_body=True))


def read(options: Options, seen: Seen, now: datetime) -> Seen:
    """The facts of what the registry says."""
    if seen.facts.get("status") == 404:
        if options.rdap == BOOTSTRAP and not seen.facts.get("redirects"):
            raise ours(f"{host(options)} knows no registry of {options.name} that speaks RDAP")
        raise theirs(f"the registry knows no domain {options.name}: it is not registered, or no longer")
    found = json_of(whole(seen, "the registry"), "the registry")
    if found.get("objectClassName") != "domain":
        raise ours("the registry sent JSON of another shape than expected")
    expires_at = _expires_at(found)
    if expires_at is None:
        raise ours(f"the registry does not say until when {options.name} is registered")
    statuses = found.get("status")
    facts: dict[str, Fact] = {
        "days": round((expires_at - now).total_seconds() / 86400, 2),
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "registrar": next(_registrars(found), ""),
        "statuses": _joined(statuses if isinstance(statuses, list) else []),
        "name_servers": _joined([one.get("ldhName") for one in dicts(found.get("nameservers"))]).lower(),
    }
    secure = found.get("secureDNS")
    if isinstance(secure, dict) and isinstance(secure.get("delegationSigned"), bool):
        facts["signed"] = secure["delegationSigned"]
    return with_facts(seen, facts)


def _joined(texts: list[Any]) -> str:
    return "; ".join(sorted(filter(None, map(text_of, texts[:50]))))


def _expires_at(found: dict[str, Any]) -> datetime | None:
    dates = (instant_of(one.get("eventDate")) for one in dicts(found.get("events")) if one.get("eventAction") == "expiration")
    return min(filter(None, dates), default=None)


def _registrars(found: dict[str, Any]) -> Iterator[str]:
    """Their names, from jCards (RFC 7095): ["vcard", [["fn", {}, "text", "Northwind Names"], ...]]."""
    for entity in dicts(found.get("entities")):
        roles, card = entity.get("roles"), entity.get("vcardArray")
        if not isinstance(roles, list) or "registrar" not in roles or not isinstance(card, list) or len(card) < 2:
            continue
        for line in card[1] if isinstance(card[1], list) else ():
            if isinstance(line, list) and len(line) > 3 and line[0] == "fn" and (name := text_of(line[3])):
                yield name
