"""http: asks a URL as a customer's browser would, on a fresh connection each time: what came, and how long each part took.

Lives in the `curl` child. Belongs here: its options and the facts that it gives. Does not belong here: the exchange on
libcurl's handle (exchange.py), when to probe (schedule.py), what is good (condition.py).
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from sentinel.model.guard import Gate
from sentinel.model.kinds import FactType
from sentinel.model.secret import Secret
from sentinel.model.web import web_address
from sentinel.probe.assertion import Conditions
from sentinel.probe.auth import Auth, header, secrets
from sentinel.probe.condition import Rules
from sentinel.probe.proxy import proxy_address

if TYPE_CHECKING:
    from sentinel.probe.exchange import Exchange
    from sentinel.probe.request import Request

LIVES_IN: Final = "curl"
FACTS: Final[Mapping[str, FactType]] = {
    "status": "number", "http_version": "text", "ip": "text", "bytes": "number", "truncated": "yes or no",
    "redirects": "number", "total_ms": "number", "dns_ms": "number", "connect_ms": "number", "tls_ms": "number",
    "token_ms": "number", "first_byte_ms": "number", "transfer_ms": "number", "certificate_days": "number",
    "certificate_expires_at": "text",
    "body": "text", "headers": "text",
}  # fmt: skip
"""Facts that conditions may judge. `body` and `headers` are judged where they are found and do not travel."""

_USUAL_STATUS = ("2xx", "3xx")
_OURS_TO_SET = frozenset({"accept-encoding", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})


_Path = Annotated[str, Field(min_length=1, max_length=4096)]


def _numeric(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("this is no numeric address") from None


class Options(BaseModel):
    """What to ask for. A plain URL stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    url: Annotated[str, Field(max_length=8192), AfterValidator(web_address)]
    """https:// or http://, without name and password."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """The method of the request."""
    headers: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=50)] = {}
    """Sent to the URL's own origin only, never to where it redirects."""
    body: Annotated[str, Field(max_length=65536)] | None = None
    """Text to send, at most 64 KiB."""
    follow_redirects: Annotated[int, Field(ge=0, le=3), WithJsonSchema({"enum": [0, 1, 2, 3, True, False]})] = 3
    """How many redirects are followed (true: 3, false: 0); every hop passes the address guard."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""
    encoding: Literal["identity", "gzip", "br"] = "identity"
    """The compression that is asked for. The limits hold for what comes out of it."""
    auth: Auth | None = None
    """How it says who it is, to the URL's own origin only: `basic`, `bearer` or `oauth`."""
    client_certificate: _Path | None = None
    """Path of a certificate of ours (PEM), shown to the URL's own origin only."""
    client_key: _Path | None = None
    """Path of its key, if that is a file of its own."""
    version: Literal["auto", "1.0", "1.1", "2"] = "auto"
    """The version of HTTP. `auto` takes what the server offers within TLS; what it came to is the fact `http_version`."""
    ip: Literal[4, 6] | None = None
    """An address of this version of IP, or none."""
    resolve: Annotated[str, AfterValidator(_numeric)] | None = None
    """A numeric address to connect to, instead of those that the URL's host has."""
    proxy: Annotated[str, Field(max_length=1024), AfterValidator(proxy_address)] | None = None
    """Through what to go: http://, https://, socks5:// or, to have it look up names, socks5h://. The guard
    judges its address in the target's place."""
    proxy_user: Annotated[str, Field(max_length=255)] = ""
    """The name by which the proxy knows us."""
    proxy_password: Secret | None = None
    """A reference to its password."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("follow_redirects", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return (3 if value else 0) if isinstance(value, bool) else value

    @field_validator("version", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return f"{value}" if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _fits_together(self) -> "Options":
        names = {name.lower() for name in self.headers}
        if self.auth is not None and "authorization" in names:
            raise ValueError("say who it is once: by `auth` or by a header Authorization")
        if self.client_key and not self.client_certificate:
            raise ValueError("a `client_key` needs its `client_certificate`")
        if bool(self.proxy_user) != (self.proxy_password is not None) or (self.proxy_user and not self.proxy):
            raise ValueError("`proxy_user` and `proxy_password` belong together, and to a `proxy`")
        if self.proxy and (self.resolve or self.ip):
            raise ValueError("what goes through a `proxy` cannot `resolve`, or choose its `ip`: connecting is the proxy's part")
        if self.ip and self.resolve and ip_address(self.resolve).version != self.ip:
            raise ValueError("`resolve` is an address of another version than `ip`")
        return self

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in headers.items():
            if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError("a header's name is made of letters, digits and hyphens")
            if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
                raise ValueError(f"header {name} holds a line break or a control character")
            if name.lower() in _OURS_TO_SET:
                raise ValueError(
                    f"header {name} is set by the probe itself" + (": use `encoding`" if "enc" in name.lower() else "")
                )
        return headers


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return urlsplit(options.url).hostname or ""


def assumed(up: Conditions) -> Conditions:
    """`up` with what goes without saying: a status below 400, unless a status is named."""
    return up if up.status is not None or "status" in (up.fact or {}) else up.model_copy(update={"status": _USUAL_STATUS})


def exchange(options: Options, gate: Gate, rules: Rules) -> "Exchange":
    """What makes the samples of one check."""
    from sentinel.probe.exchange import Exchange  # and libcurl with it, of which a hub that only reads Options has no use
    from sentinel.probe.oauth import Authorised, client

    if options.auth is not None and options.auth.oauth is not None:
        return Authorised(request(options), gate, rules, client(options.auth.oauth))
    return Exchange(request(options), gate, rules)


def request(options: Options) -> "Request":
    """What libcurl is told. A kind whose options are of another shape makes a Request of its own."""
    from sentinel.probe.request import Request

    password = options.proxy_password.reveal() if options.proxy_password else ""
    return Request(
        url=options.url,
        method=options.method,
        headers={**options.headers, **header(options.auth)},
        body=options.body,
        follow_redirects=options.follow_redirects,
        verify=options.verify,
        ca=options.ca,
        encoding=options.encoding,
        version=options.version,
        ip=options.ip or 0,
        address=options.resolve or "",
        client_certificate=options.client_certificate or "",
        client_key=options.client_key or "",
        proxy=options.proxy or "",
        proxy_user=options.proxy_user,
        proxy_password=password,
        secrets=(*secrets(options.auth), *((password,) if password else ())),
    )
