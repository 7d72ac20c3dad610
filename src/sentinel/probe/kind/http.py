"""http: asks a URL as a customer's browser would, on a fresh connection each time: what came, and how long each part took.

Lives in the `curl` child. Belongs here: its options and the facts that it gives. Does not belong here: the exchange on
libcurl's handle (exchange.py), when to probe (schedule.py), what is good (condition.py).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from sentinel.model.guard import Gate
from sentinel.model.web import web_address
from sentinel.probe.condition import Conditions, Rules
from sentinel.probe.exchange import Exchange
from sentinel.probe.request import Request

LIVES_IN: Final = "curl"
FACTS: Final = frozenset(
    {
        "status", "http_version", "ip", "bytes", "truncated", "redirects",
        "total_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "transfer_ms",
        "certificate_days", "certificate_expires_at",
        "body", "headers",
    }
)  # fmt: skip
"""Facts that conditions may judge. `body` and `headers` are judged where they are found and do not travel."""

_USUAL_STATUS = ("2xx", "3xx")
_OURS_TO_SET = frozenset({"accept-encoding", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})


class Options(BaseModel):
    """What to ask for. A plain URL stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

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

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("follow_redirects", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return (3 if value else 0) if isinstance(value, bool) else value

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
    return up if up.status is not None else up.model_copy(update={"status": _USUAL_STATUS})


def exchange(options: Options, gate: Gate, rules: Rules) -> Exchange:
    """What makes the samples of one check."""
    return Exchange(Request(**{name: getattr(options, name) for name in Options.model_fields}), gate, rules)
