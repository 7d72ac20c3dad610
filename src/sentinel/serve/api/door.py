"""Who calls the API: the operator, or a program with a token of its own; and how often somebody may guess.

Belongs here: bearer tokens and the throttle of wrong ones. Does not belong here: making and revoking tokens (accounts).
"""

import hmac
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from fastapi import Request

from sentinel.model.account import Right
from sentinel.model.secret import Secret
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import ProblemError
from sentinel.serve.gate import Need, Needs
from sentinel.serve.throttle import Throttle

LONGEST_TOKEN = 512
KEPT = 1000
NOTED_AGAIN = timedelta(minutes=10)
OPERATOR = "operator"
PROGRAM = "program"
"""Before a token's name, so that no token can be named like a person and speak in their name."""
_WHO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Whoever asks. `who` is their name in timelines, `account` the one that the audit and idempotency keys are counted by."""

    who: str
    account: str
    rights: frozenset[Right]


class Door:
    """Knows a caller by the bearer token. `inside` is how many requests are being answered at this moment."""

    def __init__(self, hub: ApiHub, operator: Secret, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._operator = operator
        self._clock = clock
        self._throttle = Throttle()
        self._good: OrderedDict[str, None] = OrderedDict()
        self._noted: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self.inside = 0

    def now(self) -> datetime:
        return self._clock()

    async def caller(self, request: Request) -> Caller:
        """Raises ProblemError 401, or 429 for a network from which too many wrong tokens came.

        The operator's token and tokens that were good before get through all the same: whoever guesses beside them must not
        lock them out.
        """
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = rest.strip()
        if scheme.lower() != "bearer" or not given:
            raise _unknown("This needs a token: Authorization: Bearer and the token.")
        if hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._operator.reveal().encode()):
            return Caller(who=_operator(request), account=OPERATOR, rights=frozenset(Right))
        return await self._program(given, request.client.host if request.client else "")

    async def note(self, caller: Caller, do: Sight, about: str) -> None:
        """Write down what is no command, once for as long as it goes on: a program that polls fills no audit."""
        now, key = self._clock(), (caller.account, f"{do} {about}")
        last = self._noted.get(key)
        if last is not None and now - last < NOTED_AGAIN:
            return
        self._noted[key] = now
        self._noted.move_to_end(key)
        while len(self._noted) > KEPT:
            self._noted.popitem(last=False)
        await self._hub.note_in_audit(Seen(do=do, about=about[:LONGEST_TOKEN]), caller.who, caller.account)

    async def _program(self, given: str, address: str) -> Caller:
        hashed, now = sha256(given.encode("utf-8", "surrogateescape")).hexdigest(), self._clock()
        wait = self._throttle.wait(hashed, address, now)
        if wait > timedelta(0) and hashed not in self._good:
            seconds = {"retry-after": str(int(wait.total_seconds()) + 1)}
            raise ProblemError(
                429, "throttled", "Too many wrong tokens came from your network. Wait, then try again.", (), seconds
            )
        found = await self._hub.find_token(hashed) if len(given) <= LONGEST_TOKEN else None
        if found is None or not found.is_alive(now):
            self._good.pop(hashed, None)
            self._throttle.failed(hashed, address, now)
            log.warning("a token was refused from %r", address)
            raise _unknown("This token is not known, has expired or was revoked. Ask an administrator for another.")
        self._good[hashed] = None
        self._good.move_to_end(hashed)
        while len(self._good) > KEPT:
            self._good.popitem(last=False)
        return Caller(who=f"{PROGRAM} {found.name}", account=f"token:{found.id}", rights=frozenset(found.rights))


def require(caller: Caller, need: Needs) -> None:
    """Raises ProblemError 403 where the caller lacks the right. Of any other need it is enough to be known."""
    if isinstance(need, Right) and need not in caller.rights:
        why = f"This token has no scope {need.value}. Ask an administrator for a token with it."
        raise ProblemError(403, "scope", why)
    if need is Need.OPERATOR and caller.account != OPERATOR:
        raise ProblemError(403, "operator", "Only the hub's operator may ask this.")


def _operator(request: Request) -> str:
    """The operator's name in the timeline. The header names a person to the record and gives no rights."""
    name = request.headers.get("sentinel-as", "")
    return f"{OPERATOR} {name}" if _WHO.fullmatch(name) else OPERATOR


def _unknown(why: str) -> ProblemError:
    return ProblemError(401, "token", why, headers={"www-authenticate": "Bearer"})
