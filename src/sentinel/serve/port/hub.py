"""The Hub: everything that the faces may ask of it."""

from collections.abc import Mapping
from typing import Protocol

from sentinel.model.command import Command, Refused, Result
from sentinel.model.delivery import Books, State
from sentinel.model.installation import Installation
from sentinel.model.pushed import Ping, Taken, Value
from sentinel.serve.accounts.port import AccountsPort, Session
from sentinel.serve.agents.port import AgentsPort
from sentinel.serve.console.port import ConsolePort
from sentinel.serve.desk.port import DeskPort
from sentinel.serve.failures.port import FailuresPort
from sentinel.serve.hooks.port import HooksPort
from sentinel.serve.live.port import LivePort
from sentinel.serve.port.board import Board, HoldView
from sentinel.serve.port.figures import Figures, Health, OwnFigures
from sentinel.serve.port.incident import DeliveryPage, IncidentPage, NoticeView, ReportView
from sentinel.serve.probe.port import ProbePort
from sentinel.serve.returns.port import ReturnsPort
from sentinel.serve.scorecard.port import ScorecardPort
from sentinel.serve.services.port import ServicesPort
from sentinel.serve.status.port import StatusPort

_STATUS: Mapping[str, int] = {
    "unknown": 404, "forbidden": 403, "no_incident": 404,
    "invalid": 422, "instant": 422, "text": 422, "no_service": 422, "no_statement": 422, "count": 422, "key_reused": 422,
    "busy": 503,
}  # fmt: skip


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal: 404 for a thing that is not there, 422 where the command itself is at fault, 503 where the
    store could not take it ("busy": ask again), and 409 for any other code: a conflict with how things stand."""
    return _STATUS.get(refused.code, 409)


class Hub(
    DeskPort,
    ServicesPort,
    StatusPort,
    AccountsPort,
    LivePort,
    ConsolePort,
    FailuresPort,
    HooksPort,
    ScorecardPort,
    ReturnsPort,
    ProbePort,
    AgentsPort,
    Protocol,
):
    """The running hub, as the faces see it. An unknown id is None, never an exception."""

    @property
    def installation(self) -> Installation:
        """As it is in force now: a reload replaces it whole, so nobody keeps it."""
        ...

    async def submit(self, command: Command, who: str, *, account: str = "", key: str = "") -> Result:
        """Carry out one command for a named person. Done means on disk. For what a refusal's code means, see `status_of`.

        `account` (an e-mail address, or `token:<id>`) is for the audit. A `key` that this account has used before for the same
        command gives the result it gave then, and carries nothing out; for another command it is refused ("key_reused").
        Rights are the face's to ask (model/account.py): the hub carries out what it is given.
        """
        ...

    async def board(self) -> Board: ...

    async def incident(self, incident: int) -> IncidentPage | None: ...

    async def notice(self, notice: int) -> NoticeView | None: ...

    async def deliveries(
        self, notice: int, *, after: int, limit: int, state: State | None = None, bounced: bool = False
    ) -> DeliveryPage | None:
        """Those with an id above `after`, at most `limit` (1 to 500), of one state if asked, or those alone that came back. Of
        staff notices too."""
        ...

    async def books(self) -> tuple[Books, ...]:
        """Of every notice to customers that has a snapshot, newest first, at most the last 200."""
        ...

    async def hold(self) -> HoldView:
        """Asked for every page: one row."""
        ...

    async def report(self) -> ReportView: ...

    async def health(self) -> Health: ...

    async def figures(self) -> Figures: ...

    def own_figures(self) -> OwnFigures:
        """From memory alone."""
        ...

    async def ping(self, token: str, told: Ping) -> bool:
        """A heartbeat reports. True once it is on disk; False for a token that is nobody's."""
        ...

    def is_value(self, check: str, token: str) -> bool:
        """Whether there is such a check of kind `value`, and this is its own token. From memory."""
        ...

    async def push(self, check: str, came: Value) -> Taken:
        """A value comes for a check."""
        ...

    async def unsubscribe(self, token: str) -> bool:
        """Whether the token is one of ours; if so no opening reaches its person any more. Twice does no harm."""
        ...

    async def save_session(self, session: Session) -> None:
        """Store a new session, or a new `seen_at` of one that is there."""
        ...

    async def find_session(self, token_hash: str) -> Session | None: ...

    async def revoke_session(self, token_hash: str) -> None:
        """Forget it. One that is not there is no error."""
        ...
