"""IMAP (RFC 3501) as every session of ours speaks it: how much of an answer is read, and the library's errors in our words.

Belongs here: what a look into a mailbox for a journey and the reading of bounces have in common. Does not belong here: logging
in, folders and mails (journey/mailbox.py, run/imap.py).
"""

import imaplib
import ssl
from typing import ClassVar, Final

_SAID_LONGEST: Final = 200


class Bounded(imaplib.IMAP4):
    """Reads no literal of more than twice `longest` bytes: the library would read whatever length a server announces."""

    longest: ClassVar[int]
    """Bytes of a mail that are asked for."""

    def read(self, size: int) -> bytes:
        if size > 2 * self.longest:
            raise imaplib.IMAP4.abort(f"the server announces {size} bytes where {self.longest} were asked for")
        return super().read(size)


def said(error: Exception) -> str:
    """In a line. (A library that reads a broken stream may raise anything; what it quotes is the server's.)"""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    words = " ".join(str(error).split())
    return "".join(each if each.isprintable() else "?" for each in words)[:_SAID_LONGEST] or type(error).__name__
