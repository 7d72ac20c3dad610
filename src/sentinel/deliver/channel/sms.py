"""The channel `sms`: text messages to customers by a provider that speaks Twilio's API (Messages.json).

The provider dedupes on nothing, so an unknown fate stays in doubt. Shapes and codes: https://www.twilio.com/docs/api/errors
"""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from sentinel.deliver import callbacks as reported
from sentinel.deliver import mime, reply, retryafter
from sentinel.deliver.call import Arm, Call, Reply
from sentinel.deliver.outcome import Broken, Down, Gone, Limited, Outcome
from sentinel.deliver.post import Post
from sentinel.model.callback import ABOUT, Callbacks
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.guard import Networks
from sentinel.model.message import NAME, Letter, Message, handed_over
from sentinel.model.notice import Towards
from sentinel.model.secret import Secret
from sentinel.model.sms import segments
from sentinel.model.web import web_address

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER = re.compile(r"\+?[1-9][0-9]{2,14}|[A-Za-z0-9][A-Za-z0-9 ]{0,10}|MG[0-9a-f]{32}")
GONE: Final = {
    21211: "this is no phone number",
    21217: "this is no phone number",
    21610: "they answered STOP to our number",
    21612: "no text message can reach this number",
    21614: "this number takes no text messages",
}
"""Codes that are about the recipient alone, for good."""
BROKEN: Final = frozenset({20003, 20005, 20006, 20008, 20404, 21212, 21603, 21606, 21607, 21659, 21660, 21703})
"""Codes that are about our account or our own number: nothing goes out until a person sees to it."""
BUSY: Final = frozenset({20429, 14107, 30022})
FULL: Final = frozenset({21611, 30001})
REACHES: Final = frozenset({Towards.CUSTOMERS})


class Options(BaseModel):
    """An account of the provider, and the number that texts come from."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True, use_attribute_docstrings=True
    )

    account: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,64}$")]
    """The account's id (ACxxxxxxxx)."""
    token: Secret
    """The account's token; a reference."""
    from_: str = Field(alias="from")
    """Our number with its country's code, a sender's name, or the id of a messaging service (MGxxxxxxxx)."""
    base_url: Annotated[str, AfterValidator(web_address)] = "https://api.twilio.com/"
    """Where the API is: another provider may speak it too."""
    most_segments: Annotated[int, Field(ge=1, le=10)] = 3
    """A text that takes more segments than this is not sent, and shown."""
    callbacks: reported.Plain | None = None
    """The provider reports what became of each text, and is told where; its secret is the account's token."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=30)
    """For one text, its reply included."""

    @field_validator("from_")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        if not _SENDER.fullmatch(value):
            raise ValueError("write a number like +34600123456, a name of at most 11 letters, or the id of a messaging service")
        return value


def callbacks(options: Options) -> Callbacks | None:
    """How the provider's reports are proven."""
    return reported.by_twilio(options.callbacks)


class SmsConnection:
    """Posts one text at a time, on one kept connection. `back`: where the provider is to report what became of it."""

    def __init__(self, options: Options, now: Callable[[], datetime], allow: Networks, back: str = "") -> None:
        self._options = options
        self._back = back
        self._now = now
        self._post = Post(timeout=options.timeout, allow=allow, ca_file=options.ca_file)
        login = b64encode(f"{options.account}:{options.token.reveal()}".encode()).decode()
        self._headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {login}"}
        self._url = f"{options.base_url.rstrip('/')}/2010-04-01/Accounts/{options.account}/Messages.json"
        self._sender = "MessagingServiceSid" if re.fullmatch(r"MG[0-9a-f]{32}", options.from_) else "From"

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Post the short form of one letter."""
        if not isinstance(message, Letter):
            return Failed(reason="this channel is for customers, not for staff", permanent=True)
        text = (message.wording.short or message.wording.subject).replace(NAME, message.name)
        wrong = self._wrong_with(message, text)
        if wrong is not None:
            return wrong
        form = {"To": message.address, self._sender: self._options.from_, "Body": text}
        if self._back:
            about = handed_over(message.delivery, message.key)
            form["StatusCallback"] = f"{self._back}?{urlencode({ABOUT: about})}"
        came = await self._post.send(Call(url=self._url, headers=self._headers, body=urlencode(form).encode()), arm)
        return self._judged(came, message) if isinstance(came, Reply) else came

    async def close(self) -> None:
        """Hang up."""
        await self._post.close()

    def _wrong_with(self, letter: Letter, text: str) -> Failed | None:
        if not _NUMBER.fullmatch(letter.address):
            return Gone(reason=GONE[21211])
        wrong = mime.wrong_with_name(letter.name) or ("the text holds a control character" if _unfit(text) else "")
        if wrong:
            return Failed(reason=wrong, permanent=True)
        count = segments(text)
        if not 1 <= count <= self._options.most_segments:
            reason = f"the text takes {count} segments, and {self._options.most_segments} are allowed"
            return Failed(reason=reason, permanent=True)
        return None

    def _judged(self, came: Reply, letter: Letter) -> Outcome:
        body = reply.parsed(came)
        sid = reply.found_at(body, "sid")
        if came.status in (200, 201) and sid:
            return Accepted(ref=sid)
        secrets = (self._options.token.reveal(), letter.address, letter.name)
        code = body.get("code") if isinstance(body, dict) else None
        said = reply.quote(came, secrets)
        if isinstance(code, int) and 400 <= came.status < 500:
            if code in GONE:
                return Gone(reason=f"{GONE[code]} ({code})")
            if code in BROKEN:
                return Broken(reason=f"the provider said {code}{said}")
            if code in BUSY:
                return Limited(reason=f"it limits our rate ({code})", after=retryafter.of(came.headers, self._now()))
            if code in FULL:
                return Down(reason=f"its queue is full ({code})", after=retryafter.of(came.headers, self._now()))
        if 200 <= came.status < 300:  # taken, as far as its status says, without the id that the API gives
            return Accepted()
        return reply.refusal(came, self._now(), secrets, may_repeat=False)


def connect(
    options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = (), back: str = ""
) -> SmsConnection:
    """A connection that opens itself when it is first used."""
    return SmsConnection(options, now, allow, back)


def _unfit(text: str) -> bool:
    return mime.unfit(text.replace("\n", " "))
