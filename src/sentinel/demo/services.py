"""The company: four small web services that customers use, and the ledger that two of them stand on, all on loopback.

Belongs here: their pages and the ways in which they break. Does not belong here: when they do (the story, or a person, says).
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sentinel.demo.authority import Authority
from sentinel.demo.change import Change
from sentinel.demo.mishap import DROP, Drop
from sentinel.demo.wire import Answering, Reply, Request, Wire


class How(StrEnum):
    """How a service is. `REFUSE`: nobody listens on its port. `HANG`: it takes the connection and never answers.

    `WRONG`: it answers 200, with a page that does not hold what it should. `EXPIRING`: it is well, and its certificate runs out
    in days. `EXPIRED`: it ran out yesterday.
    """

    HEALTHY = "healthy"
    REFUSE = "refuse"
    ERROR = "error"
    SLOW = "slow"
    HANG = "hang"
    WRONG = "wrong"
    EXPIRING = "expiring"
    EXPIRED = "expired"


PAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "quoting": {"/quote": "<h1>Get your quote</h1><label>Registration number <input></label>"},
    "payments": {
        "/form": "<h1>Pay your premium</h1><label>Card number <input></label>",
        "/health": "ready to take payments",
    },
    "documents": {"/list": "<h1>Your policies and letters</h1><ul><li>Policy schedule</li></ul>"},
    "accounts": {"/sign-in": "<h1>Sign in to your account</h1><label>Password <input type=password></label>"},
    "ledger": {"/health": "the books are open"},
}
STANDS_ON: Final[Mapping[str, str]] = {"payments": "ledger", "documents": "ledger"}
CUSTOMERS_USE: Final = ("quoting", "payments", "documents", "accounts")

PASSED_ON: Final[Mapping[How, How]] = {
    How.HEALTHY: How.HEALTHY,
    How.REFUSE: How.ERROR,
    How.ERROR: How.ERROR,
    How.SLOW: How.SLOW,
    How.HANG: How.HANG,
    How.WRONG: How.ERROR,
    How.EXPIRING: How.HEALTHY,
    How.EXPIRED: How.ERROR,
}
"""What a service's customers see of the ledger's trouble."""

INSTEAD: Final = b"<h1>We are working on our website</h1>"
SLOW_BY: Final = timedelta(milliseconds=1800)
"""Over the 1,200 ms that the example's checks call healthy, and well under the demo's time-out of 4 s."""


class Company:
    """`ports`: service → port, for those that should not be the system's choice. `slow_by`: how long `SLOW` takes to answer.

    With an `authority` each speaks HTTPS with a certificate that it signed; without one, plain HTTP, and none can expire.
    """

    def __init__(
        self,
        *,
        ports: Mapping[str, int] | None = None,
        slow_by: timedelta = SLOW_BY,
        authority: Authority | None = None,
    ) -> None:
        self.state: dict[str, How] = dict.fromkeys(PAGES, How.HEALTHY)
        """What was done to each service itself; what its customers see is `seen`."""
        self.lags: dict[str, timedelta] = {}
        """Service → how much longer than usual it takes, while it is well otherwise."""
        self.urls: dict[str, str] = {}
        """Service → base address, once started."""
        self._ports = dict(ports or {})
        self._slow_by = slow_by
        self._wires: dict[str, Wire] = {}
        self._contexts = {} if authority is None else {service: authority.contexts(service) for service in PAGES}
        self._turn = Change()

    async def start(self) -> None:
        """Bring all five up."""
        for service in PAGES:
            shown = self._contexts.get(service)
            wire = Wire(self._answering(service), port=self._ports.get(service, 0), tls=shown.valid if shown else None)
            wire.open()
            self._wires[service] = wire
            self.urls[service] = wire.url

    async def stop(self) -> None:
        """Take everything down and give the ports back."""
        for wire in self._wires.values():
            await wire.close()
        self._wires.clear()

    def break_(self, service: str, how: How | str = How.REFUSE) -> None:
        """Break one service; in force when this returns. KeyError or ValueError if there is no such service or way."""
        before, self.state[service] = self.state[service], self._able(service, How(how))
        self._show_certificate(service)
        if self.state[service] is How.REFUSE:
            self._wires[service].shut()
        elif before is How.REFUSE:
            self._wires[service].open()
        self._turn.happened()  # those who wait for an answer that never comes are let go

    def _able(self, service: str, how: How) -> How:
        if how in (How.EXPIRING, How.EXPIRED) and service in self.state and service not in self._contexts:
            raise ValueError(f"{service} has no certificate that could expire: it speaks plain HTTP")
        return how

    def _show_certificate(self, service: str) -> None:
        """Listen with the certificate of its state. A connection that stands keeps the one that it was made with."""
        shown = self._contexts.get(service)
        if shown is not None:
            own = {How.EXPIRED: shown.expired, How.EXPIRING: shown.expiring}
            self._wires[service].tls = own.get(self.state[service], shown.valid)

    def heal(self, *services: str) -> None:
        """Mend these services, or all of them when none is named. Each is on the same port as before."""
        for service in services or tuple(PAGES):
            self.lags.pop(service, None)
            self.break_(service, How.HEALTHY)

    def seen(self, service: str) -> How:
        """How `service` is to those who use it: as it is itself, or else as what it stands on makes it."""
        own = self.state[service]
        under = STANDS_ON.get(service)
        return own if own is not How.HEALTHY or under is None else PASSED_ON[self.state[under]]

    @property
    def broken(self) -> tuple[str, ...]:
        """Those that customers use and that do not work for them, in order."""
        return tuple(service for service in CUSTOMERS_USE if self.seen(service) not in (How.HEALTHY, How.EXPIRING))

    def _answering(self, service: str) -> Answering:
        async def answering(request: Request) -> Reply | Drop:
            return await self._answer(service, request)

        return answering

    async def _answer(self, service: str, request: Request) -> Reply | Drop:
        how = self.seen(service)
        if service in self.lags:
            await asyncio.sleep(self.lags[service].total_seconds())
        if how is How.HANG:
            while self.seen(service) is How.HANG:
                await self._turn.once()
            return DROP
        if how is How.SLOW:
            await asyncio.sleep(self._slow_by.total_seconds())
        if how is How.ERROR:
            return Reply(status=503, body=b"out of service", headers={"Retry-After": "60"})
        if how is How.WRONG:
            return Reply(body=INSTEAD)
        page = PAGES[service].get(request.path)
        return Reply(status=404, body=b"no such page") if page is None else Reply(body=page.encode())
