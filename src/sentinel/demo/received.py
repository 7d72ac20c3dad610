"""Received: one mail as it arrived at the mailroom.

Belongs here: reading the bytes as a recipient's mail program would. Does not belong here: keeping or showing them.
"""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """`number` counts from 1 in order of arrival, `session` is the connection's, `sender` and `recipients` the envelope's."""

    number: int
    session: int
    arrived_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The parsed mail. Parsed anew at each call: a sink of thousands should cost little while it is only filled."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return self.header("Subject")

    def header(self, name: str) -> str:
        """The decoded value of a header; "" if it is not there."""
        return str(self.message.get(name, ""))

    @property
    def text(self) -> str:
        """The plain text part, "" if there is none."""
        return _part(self.message, "plain")

    @property
    def html(self) -> str:
        """The HTML part, "" if there is none."""
        return _part(self.message, "html")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
