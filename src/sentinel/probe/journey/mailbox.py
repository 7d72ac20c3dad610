"""Mailbox: a look into one over IMAP (RFC 3501), for a mail that a journey has brought about. It changes nothing there.

That the mailbox cannot be read is our own trouble: it is a tool of ours, and says nothing of the service. Belongs here: the
library and its session (bounds and words: probe/imap.py). Does not belong here: how long is waited, what is kept (walk.py).
"""

import email
import email.policy
import html
import imaplib
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.header import decode_header, make_header
from email.message import Message
from typing import Final, TypeVar

from sentinel.probe.imap import Bounded, said
from sentinel.probe.journey.step import Mail
from sentinel.probe.reach import Reach, tls_context
from sentinel.probe.trouble import Failed, ours

T = TypeVar("T")
LONGEST: Final = 256 * 1024
"""Bytes of a mail that are read."""
AT_A_TIME: Final = 200
"""Mails whose subjects one look reads, the newest."""
PARTS: Final = 50
GOODBYE: Final = 1.0
"""Seconds for the server to answer our goodbye."""


class _Client(Bounded):
    """On a connection that is there already."""

    longest = LONGEST

    def __init__(self, connected: socket.socket, host: str, seconds: float) -> None:
        self._connected = connected
        super().__init__(host, 0, timeout=seconds)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # the library's own way to give it one
        return self._connected


class Mailbox:
    """One session with the server of one mailbox."""

    def __init__(self, mail: Mail, reach: Reach) -> None:
        self._mail = mail
        self._reach = reach
        self._client: _Client | None = None
        self._socket: socket.socket | None = None
        self._passed: set[int] = set()

    async def open(self) -> int:
        """Connect, log in and look into the folder; the number that the next mail will have."""
        with self._reach.during("opening the mailbox"):
            try:
                self._socket = await self._reach.socket_to(self._mail.host, self._mail.port)
            except Failed as failed:
                raise ours(f"the mailbox cannot be opened: {failed.trouble.reason}") from None
            return await self._reach.in_thread(self._open, self.hang_up)

    async def look(self, first: int, subject: str) -> str | None:
        """The text of a mail from number `first` on that holds `subject` in its subject; None: there is none yet."""
        return await self._reach.in_thread(lambda: self._look(first, subject), self.hang_up)

    async def close(self) -> None:
        """Say goodbye if the server still hears, and hang up."""
        if self._client is None:
            self.hang_up()
        else:
            await self._reach.in_thread(self._leave, self.hang_up)

    def hang_up(self) -> None:
        """From any thread: whoever waits for an answer waits no longer."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def _open(self) -> int:
        made, mail = self._socket, self._mail
        assert made is not None, "connected before"
        made.settimeout(self._reach.left)
        return self._asked(lambda: self._greeted(made, mail))

    def _greeted(self, made: socket.socket, mail: Mail) -> int:
        context = tls_context(ca=mail.ca)
        if mail.over == "tls":
            made = self._socket = context.wrap_socket(made, server_hostname=mail.host)
        client = self._client = _Client(made, mail.host, self._reach.left)
        if mail.over == "starttls":
            client.starttls(context)
            self._socket = client.sock
        try:
            client.login(mail.user, mail.password.reveal())
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeError):  # their words might quote the password
            raise ours(f"the mailbox refuses the login of {mail.user}") from None
        kind, _ = client.select(f'"{mail.folder}"', readonly=True)
        if kind != "OK":
            raise ours(f"the mailbox has no folder {mail.folder}")
        _, found = client.response("UIDNEXT")
        return int(found[0]) if found and found[0] else 1

    def _look(self, first: int, subject: str) -> str | None:
        def look() -> str | None:
            for number in self._new(first):
                self._passed.add(number)
                head = self._fetched(number, "BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
                if subject in _subject(head):
                    return _text(self._fetched(number, f"BODY.PEEK[]<0.{LONGEST}>"))
            return None

        return self._asked(look)

    def _new(self, first: int) -> list[int]:
        client = self._client
        assert client is not None, "open it first"
        client.noop()  # servers tell of new mails when they are spoken to
        _, found = client.uid("SEARCH", f"UID {first}:*")
        text = b" ".join(each for each in found if isinstance(each, bytes))
        numbers = {int(each) for each in text.split() if each.isdigit()}
        return sorted(number for number in numbers - self._passed if number >= first)[-AT_A_TIME:]

    def _fetched(self, number: int, what: str) -> bytes:
        assert self._client is not None, "open it first"
        _, found = self._client.uid("FETCH", str(number), f"({what})")
        return next((each[1] for each in found if isinstance(each, tuple) and len(each) == 2), b"")

    def _leave(self) -> None:
        client = self._client
        assert client is not None, "opened before"
        with suppress(imaplib.IMAP4.error, OSError, ValueError):
            client.sock.settimeout(min(GOODBYE, self._reach.left / 2))
            client.logout()
        with suppress(OSError):
            client.shutdown()  # once more, since what is half closed keeps its descriptor

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise ours(f"the mailbox cannot be read: {said(error)}") from None


def _subject(head: bytes) -> str:
    written = email.message_from_bytes(head, policy=email.policy.compat32).get("Subject", "")
    with suppress(ValueError, LookupError):
        return " ".join(str(make_header(decode_header(written))).split())
    return str(written)


def _text(raw: bytes) -> str:
    """What a reader sees, plain and HTML one after the other."""
    return "\n".join(_readable(email.message_from_bytes(raw, policy=email.policy.compat32)))


def _readable(mail: "Message[str, str]") -> Iterator[str]:
    for count, part in enumerate(mail.walk()):
        if count >= PARTS:
            return
        if part.get_content_maintype() != "text":
            continue
        payload = part.get_payload(decode=True)
        raw = payload if isinstance(payload, bytes) else b""
        try:
            text = raw.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:
            text = raw.decode("utf-8", "replace")
        yield html.unescape(text) if part.get_content_subtype() == "html" else text
