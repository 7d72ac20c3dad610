"""IMAP: one session with the server of a mailbox (RFC 3501), in the four steps that reading bounces takes.

Belongs here: the library and its session (bounds and words: probe/imap.py). Does not belong here: when it is read, and what is
done with a mail (mailbox.py).
"""

import imaplib
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from sentinel.exchange.returned import LONGEST
from sentinel.model.returned import Mailbox
from sentinel.probe.imap import Bounded, said

CONNECT_WITHIN: Final = 5.0
ANSWER_WITHIN: Final = 30.0
SEARCHED: Final = 50_000
"""Mails that one search goes over: its answer is one line, and the library takes none of more than a million bytes."""


class MailboxTrouble(Exception):
    """It cannot be read now. The message says why, and quotes no password."""


class _Clear(Bounded):
    """In the clear, or until STARTTLS."""

    longest = LONGEST


class _Encrypted(_Clear, imaplib.IMAP4_SSL):
    """From the first byte on."""


class Conversation:
    """One session; each method blocks for as long as an answer may take, and raises MailboxTrouble."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._client: imaplib.IMAP4 | None = None
        self._last = 0
        self._count = 0

    def open(self, *, readonly: bool = False) -> int:
        """Connect, log in and open the folder; how many mails lie in it."""
        box = self._mailbox
        try:
            context = ssl.create_default_context(cafile=box.ca_file)
            if box.is_tls:
                client: imaplib.IMAP4 = _Encrypted(box.host, box.port, ssl_context=context, timeout=CONNECT_WITHIN)
            else:
                client = _Clear(box.host, box.port, timeout=CONNECT_WITHIN)
            self._client = client
            if not box.is_tls and not box.may_be_clear:
                client.starttls(context)
            client.sock.settimeout(ANSWER_WITHIN)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise MailboxTrouble(f"{box.host}:{box.port}: {said(error)}") from None
        self._login(client)
        self._count = self._select(client, readonly)
        return self._count

    def _login(self, client: imaplib.IMAP4) -> None:
        try:
            client.login(self._mailbox.user, self._mailbox.password.reveal())
        except imaplib.IMAP4.abort as error:
            raise MailboxTrouble(f"the server hung up at the login ({said(error)})") from None
        except imaplib.IMAP4.error:
            raise MailboxTrouble(f"the server refuses the login of {self._mailbox.user}") from None
        except UnicodeError:  # its own words would quote a letter of the password
            raise MailboxTrouble("user and password must be of ASCII letters for IMAP's LOGIN") from None
        except OSError as error:
            raise MailboxTrouble(said(error)) from None

    def _select(self, client: imaplib.IMAP4, readonly: bool) -> int:
        folder = f'"{self._mailbox.folder}"'
        answer = self._asked(lambda: client.select(folder, readonly=readonly))
        if answer is None:
            raise MailboxTrouble(f"there is no folder {self._mailbox.folder}")
        return int(answer[0]) if answer and isinstance(answer[0], bytes) and answer[0].isdigit() else 0

    def unseen(self) -> list[str]:
        """Mails (by UID) that nobody has looked at, the oldest first, without those that this session has; none where that is
        all. What came after `open` may wait for the next session."""
        for first in range(1, self._count + 1, SEARCHED):
            last = str(first + SEARCHED - 1) if first + SEARCHED <= self._count else "*"
            found = self._uid("SEARCH", f"{first}:{last}", "UNSEEN")
            text = b" ".join(each for each in found if isinstance(each, bytes))
            numbers = sorted({int(each) for each in text.split() if each.isdigit()})
            if new := [str(number) for number in numbers if number > self._last]:
                return new
        return []

    def fetch(self, numbers: Sequence[str]) -> list[bytes]:
        """Their first mebibyte each. It does not mark them."""
        found = self._uid("FETCH", ",".join(numbers), f"(UID BODY.PEEK[]<0.{LONGEST}>)")
        return [each[1] for each in found if isinstance(each, tuple) and len(each) == 2 and b"BODY[]" in each[0].upper()]

    def mark_seen(self, numbers: Sequence[str]) -> None:
        self._uid("STORE", ",".join(numbers), "+FLAGS.SILENT", r"(\Seen)")
        self._last = max(self._last, int(numbers[-1]))

    def close(self) -> None:
        """Say goodbye. (CLOSE would expunge what somebody marked as deleted: that is not ours to do.)"""
        if self._client is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._client.logout()

    def hang_up(self) -> None:
        """From any thread: whoever waits for an answer waits no longer."""
        if self._client is not None:
            with suppress(OSError):
                self._client.sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                self._client.sock.close()

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        client = self._client
        assert client is not None, "open it first"
        answer = self._asked(lambda: client.uid(command, *arguments))
        if answer is None:
            raise MailboxTrouble(f"the server refuses {command} in {self._mailbox.folder}")
        return answer

    @staticmethod
    def _asked(ask: Callable[[], tuple[str, list[Any]]]) -> list[Any] | None:
        """What was answered; None: no."""
        try:
            kind, found = ask()
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise MailboxTrouble(said(error)) from None
        return found if kind == "OK" else None
