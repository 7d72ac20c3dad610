"""Smtpreply: what a mail server's replies and the errors of its connection mean.

Belongs here: whether a refusal is about the recipient, about us or about now, and its reason in words. Does not belong here:
the conversation (channel/email.py).
"""

import asyncio
import re
import ssl
from typing import Final

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from sentinel.deliver.outcome import Broken, Down, Gone
from sentinel.model.delivery import Failed

_ENHANCED: Final = re.compile(r"5\.([0-9]{1,3}\.[0-9]{1,3})\b")
_NO_SUCH: Final = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
"""Of the enhanced codes (RFC 3463, 7505) those that say: there is no such mailbox (any more)."""


def refused(reply: SMTPResponse) -> Failed:
    """A refusal of this one message, or (421) of all of them for now."""
    if reply.code == 421:
        return Down(reason=said(reply))
    return Failed(reason=said(reply), permanent=_is_final(reply))


def sender_refused(reply: SMTPResponse) -> Failed:
    """MAIL was refused: for good, that is about us and not about any recipient."""
    if _is_final(reply):
        return Broken(reason=f"the server takes no mail from us: {said(reply)}")
    return refused(reply)


def recipient_refused(reply: SMTPResponse) -> Failed:
    """RCPT was refused: for good, there is no such mailbox, unless the enhanced code says that it is policy or a full one."""
    if not _is_final(reply):
        return refused(reply)
    enhanced = _ENHANCED.match(reply.message)
    is_theirs = reply.code in (550, 551, 553) if enhanced is None else enhanced[1] in _NO_SUCH
    return Gone(reason=said(reply)) if is_theirs else Failed(reason=said(reply), permanent=True)


def broke(error: Exception) -> Failed:
    """The connection could not be made, or broke, before the server had the message."""
    if isinstance(error, SMTPAuthenticationError) and 500 <= error.code < 600:
        return Broken(reason=f"the server refuses our login: {error.code} {_plain(error.message)}")
    return Down(reason=reason(error))


def said(reply: SMTPResponse) -> str:
    """The server's own words, on one line."""
    return f"{reply.code} {_plain(reply.message)}"


def reason(error: Exception) -> str:
    """What went wrong with the connection, in words; never a login."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is not to be trusted: {error.verify_message}"
        case SMTPResponseException():
            return f"the server said {error.code} {_plain(error.message)}"
        case SMTPTimeoutError() | TimeoutError() | asyncio.TimeoutError():
            return "no reply in time"
        case SMTPServerDisconnected():
            return "the connection broke"
        case _:
            return f"the server cannot be reached: {error}"


def _is_final(reply: SMTPResponse) -> bool:
    return 500 <= reply.code < 600


def _plain(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:300]
