"""The channel `http`: customers by the API of a mail service, a CRM or a text service that takes JSON.

People write the address, the headers and the body with `{slots}`; jsonbody.py has the list. Where the provider takes a message
once for each key (`idempotency`), an unknown fate may be tried again with the same key; where it does not, it stays in doubt.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from sentinel.deliver import callbacks as reported
from sentinel.deliver import jsonbody, mime, reply
from sentinel.deliver.call import Arm, Call, Reply, fit_header
from sentinel.deliver.jsonbody import Pieces
from sentinel.deliver.outcome import Outcome
from sentinel.deliver.post import Post
from sentinel.model.callback import Callbacks
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.guard import Networks
from sentinel.model.message import Letter, Message, Wording, told_apart
from sentinel.model.notice import Towards
from sentinel.model.secret import Secret
from sentinel.model.web import web_address

_PREPARED_MOST: Final = 32
_PATH: Final = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,7}$"
SUCCESS: Final = (200, 201, 202)
REACHES: Final = frozenset({Towards.CUSTOMERS})


class Idempotency(BaseModel):
    """How the provider knows a message that it has had."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    header: str = "Idempotency-Key"
    """The header that carries the delivery's key, the same on every attempt."""
    window: timedelta = timedelta(hours=24)
    """For how long it remembers a key."""

    @field_validator("header")
    @classmethod
    def _sendable(cls, name: str) -> str:
        fit_header(name, "")
        return name


class Options(BaseModel):
    """Where messages are posted, and what is posted."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    url: Annotated[str, AfterValidator(web_address)]
    """The address that takes one message. No redirect is followed."""
    body: Mapping[str, Any]
    """What is sent as JSON; texts in it may hold `{slots}`."""
    reaches: Literal["email", "sms"] = "email"
    """Which address of a person `{address}` is: their mail address, or (`sms`) their phone number."""
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    """How it is sent."""
    headers: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=50)] = {}
    """More headers; a reference may stand in them."""
    token: Secret | None = None
    """A reference; sent as `Authorization: Bearer`."""
    idempotency: Idempotency | None = None
    """For a provider that takes a message once for each key: how it is told the key."""
    success: tuple[Annotated[int, Field(ge=200, le=299)], ...] = SUCCESS
    """Statuses that mean "taken"."""
    not_taken: tuple[Annotated[int, Field(ge=500, le=599)], ...] = ()
    """Statuses of which its manual says that nothing was taken; a 5xx is a doubt otherwise."""
    id_at: Annotated[str, Field(pattern=_PATH, max_length=200)] | None = None
    """Where its own id stands in the reply: keys with dots between them, `message.id`."""
    callbacks: reported.Standard | None = None
    """The provider reports what became of each message; hand it `{delivery}` in the body, or give `id_at`."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=30)
    """For one message, its reply included."""

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in headers.items():
            fit_header(name, value)
        return headers

    @field_validator("body")
    @classmethod
    def _has_known_slots(cls, body: Mapping[str, Any]) -> Mapping[str, Any]:
        jsonbody.check(body)
        return body


def dedupes(options: Options) -> timedelta | None:
    """For how long the provider takes a message with the same key once."""
    return None if options.idempotency is None else options.idempotency.window


def provider(options: Options) -> tuple[str, ...]:
    """Who knows our keys. Another address, another account (by its token or a header), another header for the key: none."""
    key = "" if options.idempotency is None else options.idempotency.header
    token = "" if options.token is None else options.token.reveal()
    return (options.url, options.method, key, token, *(f"{name}: {value}" for name, value in sorted(options.headers.items())))


def callbacks(options: Options) -> Callbacks | None:
    """How the provider's reports are proven."""
    return reported.by_standard(options.callbacks)


class HttpConnection:
    """Posts one letter at a time, on one kept connection."""

    def __init__(self, options: Options, now: Callable[[], datetime], allow: Networks) -> None:
        self._options = options
        self._now = now
        self._post = Post(timeout=options.timeout, allow=allow, ca_file=options.ca_file)
        self._body = jsonbody.cut(options.body)
        self._prepared: dict[Wording, Pieces] = {}
        self._headers = {"Content-Type": "application/json", **options.headers}
        if options.token is not None:
            self._headers["Authorization"] = f"Bearer {options.token.reveal()}"

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Post one letter. Staff have channels of their own."""
        if not isinstance(message, Letter):
            return Failed(reason="this channel is for customers, not for staff", permanent=True)
        wrong = mime.wrong_with_person(message.name, message.address)
        if wrong:
            return Failed(reason=wrong, permanent=True)
        came = await self._post.send(self._call(message), arm)
        return self._judged(came, message) if isinstance(came, Reply) else came

    async def close(self) -> None:
        """Hang up."""
        await self._post.close()

    def _call(self, letter: Letter) -> Call:
        prepared = self._prepared.get(letter.wording)
        if prepared is None:
            if len(self._prepared) >= _PREPARED_MOST:
                self._prepared.clear()
            prepared = self._prepared[letter.wording] = jsonbody.prepare(self._body, letter.wording)
        headers = self._headers
        if self._options.idempotency is not None:
            headers = {**headers, self._options.idempotency.header: told_apart(letter.key)}
        body = jsonbody.fill(prepared, letter)
        return Call(url=self._options.url, method=self._options.method, headers=headers, body=body)

    def _judged(self, came: Reply, letter: Letter) -> Outcome:
        options = self._options
        if came.status in options.success:
            return Accepted(ref=reply.found_at(reply.parsed(came), options.id_at) if options.id_at else "")
        secrets = (*self._headers.values(), letter.address, letter.name)
        if came.status == 409 and options.idempotency is not None:
            return Failed(reason=f"it is still at work on this message{reply.quote(came, secrets)}")
        return reply.refusal(came, self._now(), secrets, may_repeat=False, not_taken=options.not_taken)


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> HttpConnection:
    """A connection that opens itself when it is first used."""
    return HttpConnection(options, now, allow)
