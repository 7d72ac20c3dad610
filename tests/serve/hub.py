"""A hub in memory: the port implemented, with the few rules that the faces must show the refusals of."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sentinel.model import command as ask
from sentinel.model.command import Command, Done, Refused, Result
from sentinel.model.delivery import Books, Delivery, Lane, State
from sentinel.model.incident import Phase
from sentinel.model.installation import Installation
from sentinel.model.notice import NoticeState
from sentinel.model.pushed import Ping, Taken, Value
from sentinel.serve.port import (
    Board,
    DeliveryPage,
    Figures,
    Health,
    HoldView,
    IncidentPage,
    NoticeView,
    OwnFigures,
    ReportView,
    Session,
    Shown,
)
from tests.serve import world
from tests.serve.standin_accounts import AccountsStandIn
from tests.serve.standin_agents import AgentsStandIn
from tests.serve.standin_api import ApiStandIn
from tests.serve.standin_console import MemoryConsole
from tests.serve.standin_desk import DeskStandIn
from tests.serve.standin_failures import FailuresStandIn
from tests.serve.standin_hooks import HooksStandIn
from tests.serve.standin_live import MemoryLive
from tests.serve.standin_probe import ProbeStandIn
from tests.serve.standin_returns import ReturnsStandIn
from tests.serve.standin_scorecard import ScorecardStandIn
from tests.serve.standin_services import ServicesStandIn
from tests.serve.standin_status import StatusStandIn


class MemoryHub(
    DeskStandIn,
    ApiStandIn,
    AccountsStandIn,
    MemoryLive,
    MemoryConsole,
    FailuresStandIn,
    ScorecardStandIn,
    ReturnsStandIn,
    HooksStandIn,
    ProbeStandIn,
    AgentsStandIn,
    ServicesStandIn,
    StatusStandIn,
):
    """Everything in dictionaries. `asked` keeps each command with who asked it; `writes` counts every change."""

    def __init__(self, mark: str = "", *, blocks: bool = False) -> None:
        super().__init__()
        self.asked: list[tuple[Command, str]] = []
        self.writes = 0
        self.sessions: dict[str, Session] = {}
        self.unsubscribed: list[str] = []
        self.told: list[Ping] = []
        self.mark = mark
        self.held = HoldView()
        self.state_of_health = Health(ready=True)
        self.notices: dict[int, NoticeView] = {12: world.waiting(mark, blocks=blocks), 11: world.sent(mark)}
        self.page: IncidentPage = world.page(mark)
        rows = [
            world.delivery(1, State.ACCEPTED, mark),
            *(world.delivery(n, State.IN_DOUBT, mark) for n in (2, 3)),
            world.bounced(4, mark),
        ]
        self.ledger: dict[int, Delivery] = {row.id: row for row in rows}
        self.broken = False
        self.house = world.installation()

    @property
    def installation(self) -> Installation:
        return self.house

    async def submit(self, command: Command, who: str, *, account: str = "", key: str = "") -> Result:
        if self.broken:
            raise RuntimeError("planted: the store is gone, password hunter2")
        result = self.of_accounts(command, who) or self.of_desk(command, key) or self._carry_out(command, who)
        if isinstance(result, Done):
            self.asked.append((command, who))
            self.writes += 1
        return result

    def _carry_out(self, command: Command, who: str) -> Result:
        match command:
            case ask.Approve() | ask.EditDraft() | ask.Cancel():
                return self._about_notice(command)
            case ask.Settle(delivery=number, arrived=arrived):
                row = self.ledger.get(number)
                if row is None or row.state is not State.IN_DOUBT:
                    return Refused(code="settled", why=f"Delivery {number} is not in doubt.")
                self.ledger[number] = replace(row, state=State.ACCEPTED if arrived else State.DEAD)
                return Done(notice=row.notice)
            case ask.Revive(delivery=number):
                return Refused(code="unknown", why=f"Delivery {number} is not dead.")
            case ask.Hold(on=on, why=why):
                self.held = replace(self.held, on=on, why=why, by=who, since=world.NOW)
                return Done(said="held" if on else "goes on")
            case ask.Release():
                self.held = replace(self.held, release_needed=False)
                return Done()
            case ask.Declare():
                return Done(incident=17, said="Declared as 17-A.")
            case ask.Acknowledge() if self.page.incident.acknowledged_by:
                return Refused(code="already", why=f"{self.page.incident.acknowledged_by} acknowledged incident 17-A already")
            case _:
                asked = getattr(command, "incident", 17)
                if asked != 17:
                    return Refused(code="no_incident", why=f"there is no incident {asked}")
                return Done(incident=17)

    def _about_notice(self, command: ask.Approve | ask.EditDraft | ask.Cancel) -> Result:
        view = self.notices.get(command.notice)
        if view is None or view.draft is None or view.audience is None:
            return Refused(code="unknown", why=f"There is no draft {command.notice}.")
        if isinstance(command, ask.Approve):
            if command.hash != view.draft.hash:
                return Refused(code="changed", why="The draft has changed since you read it. Read it again, then approve.")
            if command.count != view.audience.sending:
                return Refused(code="count", why=f"You typed {command.count}, but this goes to {view.audience.sending} people.")
            state = NoticeState.APPROVED
        elif isinstance(command, ask.EditDraft):
            if command.version != view.draft.version:
                return Refused(code="version", why="Somebody changed this draft meanwhile.")
            if any("14:30" in text for text in command.forms.values()):
                return Refused(code="typed_time", why="A clock time was typed by hand: use {until}.")
            bodies = tuple(
                replace(body, **command.forms) if body.language == command.language else body for body in view.draft.bodies
            )
            version = view.draft.version + 1
            edited = replace(view.draft, version=version, bodies=bodies, hash=f"hash-{version}", edited=(command.language,))
            self.notices[command.notice] = replace(view, draft=edited)
            return Done(notice=command.notice)
        else:
            state = NoticeState.CANCELLED
        self.notices[command.notice] = replace(view, notice=replace(view.notice, state=state))
        return Done(notice=command.notice, said="Approved for 184." if state is NoticeState.APPROVED else "Cancelled.")

    async def board(self) -> Board:
        return replace(world.board(self.mark), hold=self.held)

    async def incident(self, incident: int) -> IncidentPage | None:
        return replace(self.page, notices=tuple(self.notices.values())) if incident == 17 else None

    async def notice(self, notice: int) -> NoticeView | None:
        return self.notices.get(notice)

    async def deliveries(
        self, notice: int, *, after: int, limit: int, state: State | None = None, bounced: bool = False
    ) -> DeliveryPage | None:
        assert 1 <= limit <= 500
        if notice not in self.notices:
            return None
        found = [d for d in self.ledger.values() if d.notice == notice and d.id > after and state in (None, d.state)]
        found = [each for each in found if each.bounced_at is not None or not bounced]
        shown = tuple(found[:limit])
        gone = tuple(each.id for each in shown if each.bounced_at is not None)
        return DeliveryPage(notice=notice, deliveries=shown, next=shown[-1].id if len(found) > limit else None, unwritten=gone)

    async def books(self) -> tuple[Books, ...]:
        return (world.books(),)

    async def hold(self) -> HoldView:
        return self.held

    async def report(self) -> ReportView:
        data: Mapping[str, Any] = {"incidents": [{"reference": "17-A", "kept": True}]}
        return ReportView(data=data, text=f"17-A  Online payments  kept{self.mark}\n")

    def own_figures(self) -> OwnFigures:
        return OwnFigures(canaries=3, free=10**9)

    async def ping(self, token: str, told: Ping) -> bool:
        if self.broken:
            raise RuntimeError("planted: the store is gone, password hunter2")
        known = token in ("a-token-of-22-letters-x", "another-of-22-letters-y")
        self.writes += known
        self.told += [told] * known
        return known

    def is_value(self, check: str, token: str) -> bool:
        return (check, token) == ("payments.queue", "a-token-of-22-letters-x")

    async def push(self, check: str, came: Value) -> Taken:
        if self.broken:
            raise RuntimeError("planted: the store is gone, password hunter2")
        known = check == "payments.queue"
        faults = ("value: a number is wanted here",) if known and isinstance(came.value, str) else ()
        self.writes += known and not faults
        return Taken(known=known, faults=faults)

    async def health(self) -> Health:
        return self.state_of_health

    async def figures(self) -> Figures:
        return Figures(
            incidents={Phase.IDENTIFIED: 1, Phase.RESOLVED: 9},
            deliveries={(Lane.CUSTOMERS, State.ACCEPTED): 118},
            oldest_undelivered={Lane.CUSTOMERS: 12.5},
            checks={Shown.UP: 4},
            observations_stored=123456,
            hold_on=self.held.on,
            release_needed=self.held.release_needed,
            prober_restarts=2,
            last_round_age=0.25,
            config_ok=True,
        )

    async def unsubscribe(self, token: str) -> bool:
        self.writes += 1
        self.unsubscribed.append(token)
        return token == "good-token"

    async def save_session(self, session: Session) -> None:
        self.sessions[session.token_hash] = session

    async def find_session(self, token_hash: str) -> Session | None:
        return self.sessions.get(token_hash)

    async def revoke_session(self, token_hash: str) -> None:
        self.sessions.pop(token_hash, None)
