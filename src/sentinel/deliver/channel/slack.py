"""The channel `slack`: a brief to the desk by chat.postMessage, laid out in Block Kit.

Everything that a person or a target wrote is escaped and shown as it is: no mention, link or channel name in it comes alive.
Slack dedupes on nothing, so the row is armed before the request; the key goes along as metadata, for people who look for a
repeat. Slack's own client does the talking, in a thread: its asynchronous one would bring in a second HTTP library.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http.client import HTTPException
from socket import gaierror
from ssl import SSLCertVerificationError
from typing import Any, Final
from urllib.error import URLError

from pydantic import BaseModel, ConfigDict, field_validator
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from sentinel.deliver import layout
from sentinel.deliver.layout import Part
from sentinel.deliver.outcome import Down, NotArmed, Outcome
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.message import Message, StaffNote
from sentinel.model.notice import Brief
from sentinel.model.secret import Secret

HEADER_MOST: Final = 150
TEXT_MOST: Final = 3000
BLOCKS_MOST: Final = 50
"""Slack's own limits for a header, a section's text and a message."""
_FALLBACK_MOST: Final = 3000
LINES_MOST: Final = 100

FOR_GOOD: Final = frozenset(
    {
        "account_inactive",
        "as_user_not_supported",
        "cannot_reply_to_message",
        "channel_not_found",
        "ekm_access_denied",
        "invalid_auth",
        "invalid_blocks",
        "is_archived",
        "missing_scope",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_permission",
        "no_text",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "team_access_not_granted",
        "team_not_found",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
        "unknown_method",
    }
)
"""Errors that no second try mends: https://docs.slack.dev/reference/methods/chat.postMessage"""


class Options(BaseModel):
    """A bot's token and the channel that it posts to."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    token: Secret
    """A bot's token with the scope chat:write; a reference."""
    channel: str
    """The channel's id (C0123ABCD)."""
    base_url: str = "https://slack.com/api/"
    """Where Slack's API is."""
    timeout: timedelta = timedelta(seconds=10)
    """For one post."""

    @field_validator("base_url")
    @classmethod
    def _ends_in_a_slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("write the address like https://slack.com/api/")
        return value if value.endswith("/") else f"{value}/"


class SlackConnection:
    """Posts one brief at a time."""

    def __init__(self, options: Options) -> None:
        self._channel = options.channel
        self._client = WebClient(
            token=options.token.reveal(),
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
            reply = self._client.chat_postMessage(channel=self._channel, unfurl_links=False, unfurl_media=False, **post)
        except SlackApiError as error:
            return _refused(error)
        except URLError as error:
            # Only what broke before the request left is known to have done nothing.
            if isinstance(error.reason, ConnectionRefusedError | gaierror | SSLCertVerificationError):
                return Down(reason=f"Slack cannot be reached: {error.reason}")
            return Unknown(reason=f"the request to Slack broke: {error.reason}")
        except (SlackClientError, HTTPException, OSError, TimeoutError) as error:
            return Unknown(reason=f"no answer from Slack ({type(error).__name__})")
        return Accepted(ref=str(reply.get("ts") or ""))


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime]) -> SlackConnection:
    """A connection; nothing is sent yet. `secret` and `now` are for channels that need them."""
    return SlackConnection(options)


def _refused(error: SlackApiError) -> Failed | Unknown:
    status = getattr(error.response, "status_code", 0)
    if status == 429:
        return Down(reason="Slack limits our rate", after=_seconds(error.response.headers))
    said = error.response.get("error") if isinstance(error.response.data, dict) else None
    if said == "ratelimited":
        return Down(reason="Slack limits our rate", after=_seconds(error.response.headers))
    if status >= 500 or said is None:
        return Down(reason=f"Slack answered {status}")
    return Failed(reason=f"Slack said {said}", permanent=said in FOR_GOOD)


def _seconds(headers: Any) -> float:
    """Retry-After in seconds; half a minute where it is missing or no number, as Slack's own limits are per minute."""
    found = next((value for name, value in dict(headers).items() if name.lower() == "retry-after"), "")
    try:
        return float(found[0] if isinstance(found, list) else found)
    except ValueError:
        return 30.0


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
