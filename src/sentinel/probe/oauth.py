"""OAuth: an exchange that fetches a token first (client credentials, RFC 6749, 4.4) and keeps it until it expires.

The token's own request is another hop on the same handle: the same guard, TLS and time limit hold for it, and its time is the
fact `token_ms`, not a part of what was looked at. A server of tokens that fails is said to be just that.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import pycurl

from sentinel.model.guard import Gate
from sentinel.model.observation import Fact
from sentinel.probe import auth
from sentinel.probe.auth import ClientCredentials
from sentinel.probe.condition import Rules, Seen
from sentinel.probe.exchange import Exchange
from sentinel.probe.request import Request, ask, send_headers, show_certificate
from sentinel.probe.sample import Sample
from sentinel.probe.trouble import Found, Trouble, Whose

ANSWER_LIMIT: Final = 64 * 1024
TOKEN_LIMIT: Final = 16 * 1024
USUAL_LIFE: Final = 300.0
"""Seconds that a token is kept whose life is not told."""
LONGEST_LIFE: Final = 24 * 3600.0
MARGIN: Final = 0.1
"""The part of its life at whose end a token is not used any more."""
CLIENTS_KEPT: Final = 1000


@dataclass(slots=True)
class Kept:
    """The token of one client. `until`: on the monotonic clock; `token`: empty where there is none."""

    token: str = ""
    until: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Who asks where for what. Checks that have all of it in common share a token."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str
    audience: str
    sent_in: str

    @property
    def form(self) -> str:
        asked = {"grant_type": "client_credentials", "scope": self.scope, "audience": self.audience}
        if self.sent_in == "form":
            asked |= {"client_id": self.client_id, "client_secret": self.client_secret}
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.sent_in == "header":
            sent["Authorization"] = auth.basic(quote_plus(self.client_id), quote_plus(self.client_secret))
        return sent


def client(written: ClientCredentials) -> Client:
    told = {name: getattr(written, name) for name in Client.__slots__ if name != "client_secret"}
    return Client(client_secret=written.client_secret.reveal(), **told)


@lru_cache(maxsize=CLIENTS_KEPT)
def kept_for(client: Client) -> Kept:
    """The one place of this process where a client's token is kept."""
    return Kept()


class Authorised(Exchange):
    """An exchange whose request bears a token."""

    def __init__(self, request: Request, gate: Gate, rules: Rules, client: Client) -> None:
        super().__init__(request, gate, rules)
        self._without = request
        self._client = client
        self._kept = kept_for(client)
        self._room = self._keep
        self._asking = False
        self._fetched: float | None = None
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        self._until = monotonic() + seconds
        self._fetched = None
        if self._kept.token and monotonic() < self._kept.until:
            self._go(seconds)
        else:
            self._ask(seconds)

    def finish(self, code: int, message: str, now: datetime) -> Found | None:
        if self._asking:
            self._sample.take_times(self.easy)
            return None if self._offers_more(code, message) else self._have_asked(code, message)
        found = super().finish(code, message, now)
        if found is None:
            return None
        left = self._until - monotonic()
        if found.seen.facts.get("status") == 401 and self._fetched is None and left > 0:
            self._kept.token = ""  # it may have been called back before its time: once more with a new one
            self._ask(left)
            return None
        if self._fetched is not None:
            seen = found.seen
            return replace(found, seen=replace(seen, facts={**seen.facts, "token_ms": self._fetched}))
        return found

    def _ask(self, seconds: float) -> None:
        """Aim the handle at the server of tokens."""
        self._asking, self._keep, self._altered = True, ANSWER_LIMIT, True
        self._sample = Sample(self._client.token_url, seconds)
        self.easy.setopt(pycurl.URL, self._client.token_url)
        ask(self.easy, "POST", self._client.form)
        send_headers(self.easy, self._client.headers, "identity")
        if self._without.client_certificate:
            show_certificate(self.easy, self._without, shown=False)
        self._set_timeout(seconds)

    def _go(self, seconds: float) -> None:
        """Aim the handle at what is looked at, with the token that there is."""
        self._asking, self._keep = False, self._room
        sent = f"Bearer {self._kept.token}"
        if self._request.headers.get("Authorization") != sent:
            self._request = replace(self._without, headers={**self._without.headers, "Authorization": sent})
            self._altered = True
        super().begin(seconds)

    def _have_asked(self, code: int, message: str) -> Found | None:
        sample = self._sample
        self._fetched = sample.total // 100 / 10
        if code == pycurl.E_WRITE_ERROR and sample.stopped:
            code = 0
        wrong = self._refused(code) or self._failed(code, message) or self._taken(bytes(sample.body))
        sample.body.clear()  # whatever it holds, it is nobody's evidence
        left = self._until - monotonic()
        if wrong is None and left > 0:
            self._go(left)
            return None
        wrong = wrong or Trouble(whose=Whose.THEIRS, reason=f"timed out after {sample.limit:.1f} s", late=True)
        self._asking, self._altered = False, True
        facts: dict[str, Fact] = {"token_ms": self._fetched, "total_ms": self._fetched}
        where = urlsplit(self._client.token_url).hostname
        return Found(seen=Seen(facts=facts), trouble=replace(wrong, reason=f"no token from {where}: {wrong.reason}"))

    def _taken(self, body: bytes) -> Trouble | None:
        """Keep the token that an answer holds; a Trouble when it holds none. That our client is refused is our own trouble."""
        status = self.easy.getinfo(pycurl.RESPONSE_CODE)
        said = _read(body)
        if status != 200:
            word = said.get("error")
            told = f" ({self.plain(word)[:60]})" if isinstance(word, str) and word.isascii() and word.isprintable() else ""
            if 400 <= status < 500:
                return Trouble(whose=Whose.OURS, reason=f"it refuses our client with status {status}{told}")
            return Trouble(whose=Whose.THEIRS, reason=f"status {status}{told}")
        token, life = said.get("access_token"), said.get("expires_in")
        if not isinstance(token, str) or not 0 < len(token) <= TOKEN_LIMIT or not token.isascii() or not token.isprintable():
            return Trouble(whose=Whose.THEIRS, reason="its answer holds no access_token")
        if str(said.get("token_type", "bearer")).lower() != "bearer":
            return Trouble(whose=Whose.THEIRS, reason="its token is of a type other than Bearer")
        seconds = _seconds(life)
        self._kept.token, self._kept.until = token, monotonic() + seconds * (1 - MARGIN)
        return None


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(life: Any) -> float:
    """How long a token lives; some servers write the number as a text."""
    try:
        return min(max(0.0, float(life)), LONGEST_LIFE)
    except (TypeError, ValueError, OverflowError):
        return USUAL_LIFE
