"""The ways in for mail that came back."""

from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import field_validator

from sentinel.config.shape.frame import Shape
from sentinel.config.text import Line, Listening, Period
from sentinel.model.secret import Secret
from sentinel.model.web import split

_PORTS = {"imap": 143, "imaps": 993}


class ImapShape(Shape):
    server: Line
    """imaps://host:993 (TLS from the start), or imap://host:143, where STARTTLS is insisted on."""
    user: Line
    """The login."""
    password: Secret
    """A reference."""
    folder: Line = "INBOX"
    """The folder that bounces lie in, and nothing else: what was looked at is marked as seen, and nothing is deleted."""
    every: Period = timedelta(seconds=30)
    """How often it is looked at."""
    starttls: bool | None = None
    """Insist on TLS (the default, except on this machine itself); false allows a login in the clear."""
    ca_file: Line | None = None
    """Certificates to trust instead of the system's, for a server of your own."""

    @field_validator("server")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        url = split(value)
        if url.scheme not in _PORTS or not url.hostname or url.path.strip("/") or url.username or url.password:
            raise ValueError("write it like imaps://host:993; the login goes under user and password")
        return value

    @field_validator("folder")
    @classmethod
    def _is_a_folder(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable() or '"' in value or "\\" in value:
            raise ValueError("a folder of ASCII letters without quotes is wanted")
        return value

    @property
    def host(self) -> str:
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        url = urlsplit(self.server)
        return url.port or _PORTS[url.scheme]

    @property
    def is_tls(self) -> bool:
        return urlsplit(self.server).scheme == "imaps"

    @property
    def may_be_clear(self) -> bool:
        local = self.host in ("127.0.0.1", "::1", "localhost")
        return not self.is_tls and (local if self.starttls is None else not self.starttls)


class ReturnsShape(Shape):
    imap: ImapShape | None = None
    """A mailbox that bounces come to, and that the hub reads."""
    lmtp: Listening | None = None
    """Address and port where the hub takes bounces by LMTP from your own mail server."""
