"""A small IMAP4rev1 server on loopback: one user, folders of mails with their flags. As much of RFC 3501 as a reader asks for.

It can go wrong on purpose: refuse the login, hang up at a command, say nothing.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Mail:
    uid: int
    raw: bytes
    is_seen: bool = False


@dataclass
class ImapServer:
    """`folder` → its mails. `hangs_up_at`: a command at which connections are cut, once."""

    user: str = "bounces"
    password: str = "a secret"
    folders: dict[str, list[Mail]] = field(default_factory=lambda: {"INBOX": []})
    hangs_up_at: str = ""
    announces: int = 0
    """Bytes that it says a mail has, whatever it has."""
    logins: int = 0
    fetched: list[int] = field(default_factory=list)
    port: int = 0

    def put(self, raw: bytes, folder: str = "INBOX") -> Mail:
        mails = self.folders[folder]
        mails.append(Mail(uid=len(mails) + 1, raw=raw))
        return mails[-1]

    @property
    def unseen(self) -> int:
        return sum(not mail.is_seen for mails in self.folders.values() for mail in mails)

    @asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["ImapServer"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        folder: list[Mail] = []
        try:
            while line := (await reader.readline()).decode().strip():
                tag, _, rest = line.partition(" ")
                command = rest.split(" ")[0].upper()
                command = rest.split(" ")[1].upper() if command == "UID" else command
                if command == self.hangs_up_at:
                    self.hangs_up_at = ""
                    break
                if command in ("SELECT", "EXAMINE"):
                    folder = self.folders.get(rest.split(" ", 1)[1].strip('"'), [])
                writer.write(self._answer(command, rest, folder))
                refused = (command == "LOGIN" and not self._may(rest)) or (command == "SELECT" and not self._has(rest))
                writer.write(f"{tag} {'NO' if refused else 'OK'} {command}\r\n".encode())
                if command == "LOGOUT":
                    break
        finally:
            writer.close()

    def _may(self, rest: str) -> bool:
        self.logins += 1
        return rest == f'LOGIN {self.user} "{self.password}"'

    def _has(self, rest: str) -> bool:
        return rest.split(" ", 1)[1].strip('"') in self.folders

    def _answer(self, command: str, rest: str, folder: list[Mail]) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command in ("SELECT", "EXAMINE"):
            return f"* {len(folder)} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT {len(folder) + 1}] next\r\n".encode()
        if rest.startswith("UID SEARCH UID "):  # as a server does, it names the last mail even where it lies before the first
            start = int(rest.split(" ")[3].partition(":")[0])
            return f"* SEARCH {' '.join(str(mail.uid) for mail in folder[min(start, len(folder)) - 1 :])}\r\n".encode()
        if command == "SEARCH":
            first, _, last = rest.split(" ")[2].partition(":")
            some = folder[int(first) - 1 : None if last == "*" else int(last)]
            return f"* SEARCH {' '.join(str(mail.uid) for mail in some if not mail.is_seen)}\r\n".encode()
        asked = {int(each) for each in re.findall(r"\d+", rest.split(" ")[2])} if command in ("FETCH", "STORE") else set()
        said = b""
        for mail in (mail for mail in folder if mail.uid in asked):
            if command == "STORE":
                mail.is_seen = True
            else:
                self.fetched.append(mail.uid)
                most = int((re.findall(r"<0\.(\d+)>", rest) or ["65536"])[0])
                raw = mail.raw[:most] if "BODY.PEEK[]" in rest else mail.raw.partition(b"\n\n")[0]
                said += b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (mail.uid, mail.uid, self.announces or len(raw))
                said += raw + b")\r\n"
        return said
