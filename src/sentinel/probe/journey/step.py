"""Steps of a journey as people write them: a request or a look into a mailbox, what must hold of it, what is kept of it.

Belongs here: what a step holds, and what all steps together must make sense of. Does not belong here: doing it (walk.py).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.secret import Secret
from sentinel.probe.assertion import Conditions
from sentinel.probe.journey.fill import UNIQUE, Name, names_in
from sentinel.probe.journey.keep import Keep
from sentinel.probe.option import HostOption, PortOption, sendable

_OURS_TO_SET: Final = frozenset({"accept-encoding", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})
_JUDGED: Final = frozenset({"status", "body", "json_", "header", "below_ms"})
_RESERVED: Final = frozenset({"total", "dns", "connect", "tls", "browser"})
_LONGEST: Final = 65536


def _named(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9 _-]{0,38}[a-z0-9])?", name):
        raise ValueError("a step's name is made of small letters, digits, spaces and hyphens, at most 40")
    return name


StepName: TypeAlias = Annotated[str, AfterValidator(_named)]
_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True, serialize_by_alias=True)


class Mail(BaseModel):
    """A mail that must arrive, and the mailbox in which it does (IMAP)."""

    model_config = _STRICT

    host: HostOption
    """The server of the mailbox."""
    port: PortOption = 993
    """Its port."""
    over: Literal["tls", "starttls", "clear"] = "tls"
    """TLS from the first byte, TLS by STARTTLS, or unencrypted, which is for a mail server on this machine alone."""
    user: Annotated[str, Field(min_length=1, max_length=320)]
    """Who logs in."""
    password: Secret
    """A reference to the password."""
    folder: Annotated[str, Field(min_length=1, max_length=200, pattern=r'^[^"\\\x00-\x1f\x7f]+$')] = "INBOX"
    """The folder that is looked into. Nothing in it is marked as read."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""
    subject: Annotated[str, Field(min_length=1, max_length=500)]
    """What the subject contains, letter for letter, such as `Your claim {number}`."""
    within: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(minutes=30))] = timedelta(seconds=30)
    """How long it may take from the beginning of this step."""


class Step(BaseModel):
    """One step: a request, or `mail`."""

    model_config = _STRICT

    step: StepName
    """Its name, in small letters and digits: reasons name it, and `sign in` gives the fact `sign_in_ms`."""
    url: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    """The address; what begins with / stands on `site`."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] | None = None
    """The method; left out: POST where something is sent, else GET."""
    headers: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=50)] = {}
    """Sent to the address's own origin only, never to where it redirects."""
    form: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=100)] | None = None
    """Fields to send as a form does."""
    json_: Annotated[Any, Field(alias="json")] = None
    """Data to send as JSON."""
    body: Annotated[str, Field(max_length=_LONGEST)] | None = None
    """Text to send."""
    follow_redirects: bool = True
    """Whether redirects are followed, at most 10; every hop passes the address guard."""
    mail: Mail | None = None
    """Instead of a request: a mail that must arrive."""
    up: Conditions = Conditions()
    """What must hold: `status` (2xx or 3xx if you leave it out), `body`, `json`, `header`, `below_ms`."""
    keep: Annotated[Mapping[Name, Keep], Field(max_length=20)] = {}
    """Name → where its value is found; later steps write `{name}`."""

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        if wrong := sendable(headers):
            raise ValueError(wrong)
        if own := next((name for name in headers if name.lower() in _OURS_TO_SET), ""):
            raise ValueError(f"header {own} is set by the probe itself")
        return headers

    @field_validator("up")
    @classmethod
    def _judged(cls, up: Conditions) -> Conditions:
        if _written(up) - _JUDGED:
            raise ValueError("in a step you can judge `status`, `body`, `json`, `header` and `below_ms`")
        return up

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Step":
        if (self.url is None) == (self.mail is None):
            raise ValueError("a step has either a `url` or a `mail`")
        sent = [name for name in ("form", "json_", "body") if getattr(self, name) is not None]
        if len(sent) > 1:
            raise ValueError("a step sends one of `form`, `json` and `body`")
        if self.mail is not None:
            self._reads_mail(sent)
        if len(self.model_dump_json(include={"json_"})) > _LONGEST:
            raise ValueError("`json` has at most 64 KiB")
        return self

    def _reads_mail(self, sent: Sequence[str]) -> None:
        if sent or self.headers or self.method:
            raise ValueError("a step with `mail` sends nothing")
        if _written(self.up) - {"body", "below_ms"} or any(one.between is None for one in self.keep.values()):
            raise ValueError("of a mail you can judge `body` and `below_ms`, and keep what stands `between` two texts")

    @property
    def sends(self) -> str:
        """The method."""
        something = any(each is not None for each in (self.form, self.json_, self.body))
        return self.method or ("POST" if something else "GET")


def _written(up: Conditions) -> set[str]:
    return {name for name, value in up if value is not None}


def fact_of(step: str) -> str:
    """The fact that holds how long a step took."""
    return f"{step.replace(' ', '_').replace('-', '_')}_ms"


def facts_of(steps: Iterable[str]) -> dict[str, FactType]:
    """The facts that steps of these names give."""
    return {fact_of(name): "number" for name in steps}


def told_apart(names: Sequence[str]) -> None:
    """ValueError where the facts of two steps would have one name, or one that the kind itself gives."""
    facts = [fact_of(name) for name in names]
    for name, fact in zip(names, facts, strict=True):
        if facts.count(fact) > 1:
            raise ValueError(f"two steps are called `{name}`, or nearly so: give each a name of its own")
        if fact.removesuffix("_ms") in _RESERVED:
            raise ValueError(f"a step cannot be called `{name}`: the fact `{fact}` is there already")


def known(steps: Iterable[tuple[str, Any, Iterable[str]]], secrets: Iterable[str]) -> None:
    """ValueError where a step (name, its data, what it keeps) uses a `{name}` that has no value by then."""
    names = {*secrets, UNIQUE}
    if UNIQUE in secrets:
        raise ValueError("`unique` has a value of its own: call the secret something else")
    for step, data, kept in steps:
        for name in names_in(data):
            if name not in names:
                raise ValueError(f"step `{step}`: `{{{name}}}` is no secret, and no step before it keeps it")
        names.update(kept)
