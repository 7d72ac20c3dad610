"""The channel `slack`: a brief to the desk by chat.postMessage, or by an incoming webhook, laid out in Block Kit.

Everything that a person or a target wrote is escaped and shown as it is: no mention, link or channel name in it comes alive.
Slack dedupes on nothing, so the row is armed before the request; the key goes along as metadata, for people who look for a
repeat. Slack's own client does the talking, in a thread: its asynchronous one would bring in a second HTTP library. A webhook
is one plain request (post.py), and gives no stamp (`ts`) of the message.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http.client import HTTPException
from socket import gaierror
from ssl import SSLCertVerificationError
from typing import Any, Final
from urllib.error import URLError

from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from sentinel.deliver import layout, reply, retryafter
from sentinel.deliver.call import Call, Reply
from sentinel.deliver.layout import Part
from sentinel.deliver.outcome import Broken, Down, Limited, NotArmed, Outcome
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.guard import Networks
from sentinel.model.message import Message, StaffNote
from sentinel.model.notice import Brief, Towards
from sentinel.model.secret import Secret
from sentinel.model.web import web_address

HEADER_MOST: Final = 150
TEXT_MOST: Final = 3000
BLOCKS_MOST: Final = 50
"""Slack's own limits for a header, a section's text and a message."""
_FALLBACK_MOST: Final = 3000
LINES_MOST: Final = 100
USUAL_WAIT: Final = 30.0
"""Seconds that we stay away where Slack limits our rate and does not say for how long."""

BROKEN: Final = frozenset(
    {
        "access_denied",
        "account_inactive",
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "ekm_access_denied",
        "invalid_auth",
        "invalid_token",
        "is_archived",
        "missing_scope",
        "no_active_hooks",
        "no_permission",
        "no_service",
        "no_service_id",
        "no_team",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "posting_to_general_channel_denied",
        "restricted_action",
        "team_access_not_granted",
        "team_disabled",
        "team_not_found",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
        "unknown_method",
    }
)
"""Errors that are about the channel or our token: https://docs.slack.dev/reference/methods/chat.postMessage"""
FOR_GOOD: Final = frozenset(
    {
        "as_user_not_supported",
        "cannot_reply_to_message",
        "invalid_blocks",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    }
)
"""Errors that are about this one message, and that no second try mends."""
REACHES: Final = frozenset({Towards.STAFF})


class Options(BaseModel):
    """A bot's token and the channel that it posts to."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    token: Secret | None = None
    """A bot's token with the scope chat:write; a reference. With a `channel`."""
    channel: str | None = None
    """The channel's id (C0123ABCD)."""
    hook: Secret | None = None
    """Instead of both: the address of an incoming webhook; a reference, since whoever has it can post."""
    base_url: str = "https://slack.com/api/"
    """Where Slack's API is."""
    timeout: timedelta = timedelta(seconds=10)
    """For one post."""

    @field_validator("base_url")
    @classmethod
    def _ends_in_a_slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("write the address like https://slack.com/api/")
        web_address(value)
        return value if value.endswith("/") else f"{value}/"

    @field_validator("hook")
    @classmethod
    def _is_an_address(cls, hook: Secret | None) -> Secret | None:
        return None if hook is None else Secret(web_address(hook.reveal()))

    @model_validator(mode="after")
    def _is_one_of_the_two(self) -> "Options":
        if (self.hook is None) == (self.token is None) or (self.token is None) != (self.channel is None):
            raise ValueError("write a `token` and a `channel`, or a `hook` alone")
        return self


class SlackConnection:
    """Posts one brief at a time."""

    def __init__(self, options: Options, now: Callable[[], datetime]) -> None:
        self._channel = options.channel or ""
        self._now = now
        self._client = WebClient(
            token=None if options.token is None else options.token.reveal(),
            base_url=options.base_url,
            timeout=max(1, round(options.timeout.total_seconds())),
            retry_handlers=[],  # the ledger tries again, and knows when
        )

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        """Post a brief. Letters are for customers, whom Slack does not reach."""
        if not isinstance(message, StaffNote):
            return Failed(reason="Slack reaches staff, not customers", permanent=True)
        post = {"blocks": blocks(message.brief), "text": fallback(message.brief), "metadata": _metadata(message)}
        if not await arm():
            return NotArmed()
        return await asyncio.to_thread(self._post, post)

    async def close(self) -> None:
        """There is nothing to close: each post is a request of its own."""

    def _post(self, post: dict[str, Any]) -> Outcome:
        try:
            posted = self._client.chat_postMessage(channel=self._channel, unfurl_links=False, unfurl_media=False, **post)
        except SlackApiError as error:
            return _refused(error, self._now())
        except URLError as error:
            # Only what broke before the request left is known to have done nothing.
            if isinstance(error.reason, ConnectionRefusedError | gaierror | SSLCertVerificationError):
                return Down(reason=f"Slack cannot be reached: {error.reason}")
            return Unknown(reason=f"the request to Slack broke: {error.reason}")
        except (SlackClientError, HTTPException, OSError, TimeoutError) as error:
            return Unknown(reason=f"no answer from Slack ({type(error).__name__})")
        return Accepted(ref=str(posted.get("ts") or ""))


class HookConnection:
    """Posts one brief at a time to an incoming webhook, on one kept connection."""

    def __init__(self, options: Options, hook: Secret, now: Callable[[], datetime], allow: Networks) -> None:
        from sentinel.deliver.post import Post  # and libcurl with it, which a bot's token does without

        self._url = hook.reveal()
        self._now = now
        self._wire = Post(timeout=options.timeout, allow=allow)

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        """Post a brief."""
        if not isinstance(message, StaffNote):
            return Failed(reason="Slack reaches staff, not customers", permanent=True)
        body = json.dumps({"blocks": blocks(message.brief), "text": fallback(message.brief)}).encode()
        came = await self._wire.send(Call(url=self._url, headers={"Content-Type": "application/json"}, body=body), arm)
        if not isinstance(came, Reply):
            return came
        said = came.body[:60].decode("utf-8", "replace").strip()
        if came.status == 200 and said == "ok":
            return Accepted()
        if said in BROKEN:
            return Broken(reason=f"Slack said {said}")
        if said in FOR_GOOD:
            return Failed(reason=f"Slack said {said}", permanent=True)
        return reply.refusal(came, self._now(), (self._url,), may_repeat=True)

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


def connect(
    options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()
) -> SlackConnection | HookConnection:
    """A connection; nothing is sent yet."""
    return SlackConnection(options, now) if options.hook is None else HookConnection(options, options.hook, now, allow)


def _refused(error: SlackApiError, now: datetime) -> Failed | Unknown:
    status = getattr(error.response, "status_code", 0)
    said = error.response.get("error") if isinstance(error.response.data, dict) else None
    if status == 429 or said == "ratelimited":
        return Limited(reason="Slack limits our rate", after=_seconds(error.response.headers, now))
    if status >= 500 or said is None:
        return Down(reason=f"Slack answered {status}", after=retryafter.of(_plain(error.response.headers), now))
    if said in BROKEN:
        return Broken(reason=f"Slack said {said}")
    return Failed(reason=f"Slack said {said}", permanent=said in FOR_GOOD)


def _seconds(headers: Any, now: datetime) -> float:
    """Retry-After in seconds; half a minute where it is missing or cannot be read, as Slack's own limits are per minute."""
    after = retryafter.of(_plain(headers), now)
    return USUAL_WAIT if after is None else after


def _plain(headers: Any) -> dict[str, str]:
    """Headers as Slack's client gives them: a value may be a list."""
    return {str(name): str(value[0] if isinstance(value, list) else value) for name, value in dict(headers).items() if value}


# Layout


def blocks(brief: Brief) -> list[dict[str, Any]]:
    """The brief in Block Kit, within Slack's limits."""
    found: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _clip(layout.title(brief), HEADER_MOST)}}
    ]
    found += [_section(part) for part in layout.parts(brief)][: BLOCKS_MOST - 2]
    if brief.link.startswith(("https://", "http://")):
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open in Sentinel"}, "url": brief.link}
        found.append({"type": "actions", "elements": [button]})
    return found


def fallback(brief: Brief) -> str:
    """What notifications and screen readers get: the headline and the sentence to say."""
    texts = filter(None, (layout.title(brief), brief.say, brief.ask))
    said = [text if text.endswith((".", "?", "!")) else f"{text}." for text in texts]
    return _clip(" ".join(said), _FALLBACK_MOST)


def _section(part: Part) -> dict[str, Any]:
    mark = "> " if part.quoted else "• " if len(part.lines) > 1 else ""
    lines = [line for text in part.lines for line in text.splitlines()][:LINES_MOST]
    label = f"*{escape(part.label)}*"
    said = _clip("\n".join(lines), TEXT_MOST - len(label) - (len(mark) + 1) * (len(lines) + 1))
    text = "\n".join([label, *(mark + line for line in said.split("\n"))])
    # Verbatim: Slack makes no links, mentions or channel names out of what stands in it.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def escape(text: str) -> str:
    """Slack's three control characters, so that <!channel> and <url|text> are read and not obeyed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clip(text: str, most: int) -> str:
    """`text` escaped, and cut so that it fits with its escapes whole."""
    whole = escape(text)
    if len(whole) <= most:
        return whole
    kept, room = [], most - 1
    for each in text:
        escaped = escape(each)
        room -= len(escaped)
        if room < 0:
            break
        kept.append(escaped)
    return "".join(kept) + "…"


def _metadata(note: StaffNote) -> dict[str, Any]:
    return {"event_type": "sentinel_notice", "event_payload": {"key": note.key, "occasion": note.brief.occasion.value}}
