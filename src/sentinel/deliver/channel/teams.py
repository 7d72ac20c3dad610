"""The channel `teams`: a brief to the desk as an Adaptive Card, by the address that a workflow of Microsoft Teams gives.

Texts stand in text runs, which Teams shows as they are: no Markdown, link or mention in them comes alive.
Shapes: https://adaptivecards.io and "Create incoming webhooks with Workflows for Microsoft Teams".
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, field_validator

from sentinel.deliver import layout, reply
from sentinel.deliver.call import Arm, Call, Reply
from sentinel.deliver.layout import Part
from sentinel.deliver.outcome import Down, Limited, Outcome
from sentinel.deliver.post import Post
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.guard import Networks
from sentinel.model.message import Message, StaffNote
from sentinel.model.notice import Brief, Towards
from sentinel.model.secret import Secret
from sentinel.model.web import web_address

LARGEST: Final = 26_000
"""Bytes of a message that Teams takes, with some room: it says 28 KB."""
_LINE_MOST: Final = 2_000
_PARTS_MOST: Final = 30
_LINES_MOST: Final = 40
REACHES: Final = frozenset({Towards.STAFF})


class Options(BaseModel):
    """Where a workflow of Teams waits for posts."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    url: Secret
    """The workflow's address; a reference, since whoever has it can post."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a server of your own."""
    timeout: timedelta = timedelta(seconds=15)
    """For one post, its reply included."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: Secret) -> Secret:
        return Secret(web_address(url.reveal()))


class TeamsConnection:
    """Posts one card at a time, on one kept connection."""

    def __init__(self, options: Options, now: Callable[[], datetime], allow: Networks) -> None:
        self._url = options.url.reveal()
        self._now = now
        self._post = Post(timeout=options.timeout, allow=allow, ca_file=options.ca_file)

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Post one card."""
        if not isinstance(message, StaffNote):
            return Failed(reason="Teams reaches staff, not customers", permanent=True)
        call = Call(url=self._url, headers={"Content-Type": "application/json"}, body=post(message.brief))
        came = await self._post.send(call, arm)
        if not isinstance(came, Reply):
            return came
        if not 200 <= came.status < 300:
            return reply.refusal(came, self._now(), (self._url,), may_repeat=True)
        return _judged(came.body.decode("utf-8", "replace"))

    async def close(self) -> None:
        """Hang up."""
        await self._post.close()


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> TeamsConnection:
    """A connection that opens itself when it is first used."""
    return TeamsConnection(options, now, allow)


def _judged(said: str) -> Outcome:
    """Older connectors say 200 and put what went wrong into the text."""
    if "HTTP error 429" in said:
        return Limited(reason="Teams limits our rate")
    if "returned HTTP error" in said:
        return Down(reason="Teams could not post it")
    return Accepted()


def post(brief: Brief) -> bytes:
    """The message as it is posted, with as many parts of the brief as Teams takes."""
    parts = layout.parts(brief)[:_PARTS_MOST]
    while True:
        made = json.dumps(_message(brief, parts)).encode()
        if len(made) <= LARGEST or not parts:
            return made
        parts = parts[:-1]


def _message(brief: Brief, parts: tuple[Part, ...]) -> Mapping[str, Any]:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": layout.title(brief)[:_LINE_MOST],
        "body": [_run(layout.title(brief), size="Large", weight="Bolder"), *(each for part in parts for each in _block(part))],
    }
    if brief.link.startswith(("https://", "http://")):
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Sentinel", "url": brief.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _block(part: Part) -> list[Mapping[str, Any]]:
    lines = [line for text in part.lines for line in text.splitlines() if line.strip()][:_LINES_MOST]
    mark = "" if part.quoted or len(lines) == 1 else "• "
    said = [_run(f"{mark}{line}", italic=part.quoted) for line in lines]
    return [{**_run(part.label, weight="Bolder"), "spacing": "Medium"}, *said]


def _run(text: str, *, italic: bool = False, **look: str) -> dict[str, Any]:
    run: dict[str, Any] = {"type": "TextRun", "text": text[:_LINE_MOST], **look}
    if italic:
        run["italic"] = True
    return {"type": "RichTextBlock", "spacing": "None", "inlines": [run]}
