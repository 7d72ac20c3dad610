"""A Slack-shaped sink: `chat.postMessage` and `auth.test` as Slack's own client speaks them, kept instead of shown to anybody.

Belongs here: the protocol (tokens, JSON and form bodies, errors in a 200, rate limits) and going wrong on purpose (mishap.py).
Does not belong here: how posts are shown (blocks.py, reading.py).

Shapes and error codes are those of Slack's Web API reference: https://docs.slack.dev/reference/methods/chat.postMessage
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from sentinel.demo.blocks import as_text, wrong_with
from sentinel.demo.change import Change
from sentinel.demo.mishap import Answer, Drop, Hook, Moment, Refuse, Step, nothing
from sentinel.demo.wire import Reply, Request, Wire

CHANNELS: Final[Mapping[str, str]] = {"C0SERVICE": "service-desk"}
LONGEST: Final = 40_000
"""Characters of text that Slack takes; it says that 4,000 is as much as anybody should send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One message as it was posted. `said` is everything that was sent, as parsed."""

    number: int
    arrived_at: datetime
    channel: str
    ts: str
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    thread_ts: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """What a reader sees, as plain text: the blocks, or the text where there are none."""
        return as_text(self.blocks) if self.blocks else self.text


class Slack:
    """`channels`: id → name of those there are. `url` is a client's base URL. `hook` may be changed at any time.

    Refusals become Slack's own: 429 a `ratelimited` with `Retry-After` (1 s unless the refusal says), other codes as they are;
    a refusal with code 200 is an `{"ok": false, "error": text}`.
    """

    def __init__(
        self,
        *,
        token: str = "xoxb-demo",  # noqa: S107 - opens nothing but this sink
        channels: Mapping[str, str] = CHANNELS,
        port: int = 0,
        hook: Hook = nothing,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.token = token
        self.channels = dict(channels)
        self.hook = hook
        self.reached: Counter[Step] = Counter()
        """How often each step was reached."""
        self._clock = clock
        self._wire = Wire(self._answer, port=port, greeting=self._greet)
        self._posts: list[Post] = []
        self._changed = Change()

    @property
    def url(self) -> str:
        return f"{self._wire.url}/api/"

    @property
    def posts(self) -> tuple[Post, ...]:
        """Every message, in order of arrival."""
        return tuple(self._posts)

    def channel(self, channel: str) -> tuple[Post, ...]:
        """The messages of one channel, by its id, oldest first."""
        return tuple(post for post in self._posts if post.channel == channel)

    async def start(self) -> None:
        """Begin to listen."""
        self.open()

    def open(self) -> None:
        """Listen (again)."""
        self._wire.open()

    def shut(self) -> None:
        """Refuse connections and cut those that stand; the port stays ours until `stop`."""
        self._wire.shut()

    async def stop(self) -> None:
        """Cut everything and give the port back. What was posted stays readable."""
        await self._wire.close()

    async def until(self, what: Callable[["Slack"], bool], seconds: float = 10.0) -> None:
        """Wait until `what(slack)` is true, asked at each post. TimeoutError after `seconds`."""
        await self._changed.until(lambda: what(self), seconds)

    async def _greet(self, session: int) -> Answer:
        answer = await self._ask(Moment(step=Step.CONNECT, session=session))
        return answer if isinstance(answer, Drop) else None  # HTTP has no way to refuse before it was asked

    async def _ask(self, moment: Moment) -> Answer:
        self.reached[moment.step] += 1
        return await self.hook(moment)

    async def _answer(self, request: Request) -> Reply | Drop:
        method = request.path.removeprefix("/api/")
        said = _parsed(request)
        if isinstance(said, str):
            return _no(said)
        about = {"method": method, "channel": str(said.get("channel", ""))}
        answer = await self._ask(Moment(step=Step.ARRIVED, session=request.session, about=about))
        if answer is not None:
            return _refusal(answer)
        error = self._stranger(request, said)
        if error:
            return _no(error)
        if method == "auth.test":
            return _yes(_WHO | {"url": self._wire.url + "/"})
        if method != "chat.postMessage":
            return _no("unknown_method")
        return await self._post(request.session, about, said)

    def _stranger(self, request: Request, said: Mapping[str, Any]) -> str:
        """Why the caller is not let in, "" if it is."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        token = bearer or str(said.get("token", ""))
        if not token:
            return "not_authed"
        return "" if token == self.token else "invalid_auth"

    async def _post(self, session: int, about: Mapping[str, str], said: Mapping[str, Any]) -> Reply | Drop:
        channel = self._channel_of(str(said.get("channel", "")))
        error = "channel_not_found" if channel is None else _fault(said)
        if channel is None or error:
            return _no(error)
        post = self._keep(channel, said)
        self._changed.happened()
        moment = Moment(step=Step.TAKEN, session=session, number=post.number, about=about)
        answer = await self._ask(moment)
        if answer is not None:
            return _refusal(answer)

        async def replied() -> Answer:
            return await self._ask(Moment(step=Step.REPLIED, session=session, number=post.number, about=about))

        message = {"type": "message", "ts": post.ts, "text": post.text, "bot_id": "B0SENTINEL", "blocks": list(post.blocks)}
        return _yes({"channel": channel, "ts": post.ts, "message": message}, replied)

    def _channel_of(self, asked: str) -> str | None:
        if asked in self.channels:
            return asked
        named = {f"#{name}": channel for channel, name in self.channels.items()}
        return named.get(asked)

    def _keep(self, channel: str, said: Mapping[str, Any]) -> Post:
        at, number = self._clock(), len(self._posts) + 1
        post = Post(
            number=number,
            arrived_at=at,
            channel=channel,
            ts=f"{int(at.timestamp())}.{number:06d}",
            text=str(said.get("text") or ""),
            blocks=tuple(_blocks(said) or ()),
            thread_ts=str(said.get("thread_ts") or ""),
            said=said,
        )
        self._posts.append(post)
        return post


_WHO: Final = {
    "team": "Northwind Insurance",
    "team_id": "T0NORTHWIND",
    "user": "sentinel",
    "user_id": "U0SENTINEL",
    "bot_id": "B0SENTINEL",
}


def _parsed(request: Request) -> dict[str, Any] | str:
    """What was sent, whichever way; or Slack's name for what is wrong with it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = request.body.decode("utf-8", errors="replace")
    if kind == "application/json":
        try:
            said = json.loads(body or "{}")
        except ValueError:
            return "invalid_json"
        return said if isinstance(said, dict) else "json_not_object"
    if kind not in ("", "application/x-www-form-urlencoded"):
        return "invalid_post_type"
    return dict(parse_qsl(request.query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))


def _blocks(said: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """The blocks, which a form carries as JSON. None if they are no list of objects."""
    blocks = said.get("blocks") or []
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError:
            return None
    return blocks if isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks) else None


def _fault(said: Mapping[str, Any]) -> str:
    """Slack's name for what is wrong with a message, "" if nothing is."""
    blocks = _blocks(said)
    if blocks is None:
        return "invalid_blocks_format"
    if not blocks and not said.get("text"):
        return "no_text"
    if len(str(said.get("text") or "")) > LONGEST:
        return "msg_too_long"
    return "invalid_blocks" if wrong_with(blocks) else ""


def _yes(more: Mapping[str, Any], afterwards: Callable[[], Any] | None = None) -> Reply:
    return _json({"ok": True, **more}, afterwards=afterwards)


def _no(error: str) -> Reply:
    return _json({"ok": False, "error": error})


def _refusal(answer: Refuse | Drop) -> Reply | Drop:
    if isinstance(answer, Drop):
        return answer
    if answer.code == 429:
        return _json(
            {"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(1 if answer.after is None else answer.after)}
        )
    if answer.code == 200:
        return _no(answer.text)
    headers = {} if answer.after is None else {"Retry-After": str(answer.after)}
    return Reply(status=answer.code, body=answer.text.encode(), kind="text/plain; charset=utf-8", headers=headers)


def _json(
    body: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    afterwards: Callable[[], Any] | None = None,
) -> Reply:
    kind = "application/json; charset=utf-8"
    return Reply(status=status, body=json.dumps(body).encode(), kind=kind, headers=headers or {}, afterwards=afterwards)
