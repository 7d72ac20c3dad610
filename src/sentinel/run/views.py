"""What the faces read: the port of serve/, over the store. Every read is one snapshot of the database and changes nothing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Protocol

from sqlalchemy import Connection, select

from sentinel.deliver.unsubscribe import person_of
from sentinel.model.contact import DETECTOR, PLACE
from sentinel.model.delivery import Books, Lane, State
from sentinel.model.notice import Towards
from sentinel.model.pushed import Ping, Taken, Value
from sentinel.model.trouble import Trouble
from sentinel.run import erasing, heartbeat, pages, records, timeline
from sentinel.run.agentlines import AgentLines
from sentinel.run.contacts import HOUR
from sentinel.run.noticeview import view_of
from sentinel.run.processes import silences
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
    TroubleLine,
)
from sentinel.store import books, contacts, failures, incidents, notices, retention, sessions, tables, watching

STALE_ROUND_SECONDS = 10.0
BOOKS_SHOWN = 200


class OwnLook(Protocol):
    """How the process sees itself (run/own.py)."""

    def figures(self) -> OwnFigures: ...

    def lines(self) -> tuple[TroubleLine, ...]: ...

    def reasons(self) -> tuple[str, ...]: ...


class Views(AgentLines):
    """Reads for the faces. The hub that runs adds `submit` and what only a running process knows."""

    @property
    def prober_restarts(self) -> int:
        return 0

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many samples were skipped, or dropped, by the children that probe."""
        return {}

    @property
    def last_round_age(self) -> float | None:
        return None

    @property
    def own(self) -> OwnLook | None:
        """How the process sees itself; None for views that no process runs."""
        return None

    def own_figures(self) -> OwnFigures:
        return OwnFigures() if self.own is None else self.own.figures()

    async def ping(self, token: str, told: Ping) -> bool:
        check = self.world.pings.get(heartbeat.hash_of(token))
        if check is None:
            return False
        await self._write_in_turn(lambda c: heartbeat.ping(c, self.world, check, self.clock.now(), told))
        return True

    def is_value(self, check: str, token: str) -> bool:
        return heartbeat.is_value(self.world, check, token)

    async def push(self, check: str, came: Value) -> Taken:
        one = self.installation.checks.get(check)
        if one is None or one.kind != "value":
            return Taken(known=False)
        return await self._write_in_turn(lambda c: heartbeat.push(c, self.world, check, came, self.clock.now()))

    @property
    def config_problems(self) -> tuple[str, ...]:
        """What is wrong with the files on disk, if they are not what is in force."""
        return ()

    async def board(self) -> Board:
        made = await self._read(lambda c: pages.board(c, self.world, self.store.epoch, self.clock.now()))
        lines = () if self.own is None else self.own.lines()
        warnings = tuple(one for one in lines if one.name.startswith(f"{Trouble.WARNING}:"))
        troubles = tuple(one for one in lines if one not in warnings)
        canaries = len(self.installation.canaries)
        return replace(made, problems=self.config_problems, troubles=troubles, warnings=warnings, canaries=canaries)

    async def incident(self, incident: int) -> IncidentPage | None:
        return await self._read(lambda c: pages.incident(c, self.world, incident, self.clock.now()))

    async def notice(self, notice: int) -> NoticeView | None:
        return await self._read(lambda c: view_of(c, self.world, notice, self.clock.now()))

    async def deliveries(
        self, notice: int, *, after: int, limit: int, state: State | None = None, bounced: bool = False
    ) -> DeliveryPage | None:
        def page(c: Connection) -> DeliveryPage | None:
            if notices.one(c, notice) is None:
                return None
            found = books.deliveries(c, notice, after, limit + 1, state, bounced=bounced)
            shown, more = tuple(found[:limit]), len(found) > limit
            gone = tuple(sorted(failures.unwritten(c, shown)))
            return DeliveryPage(notice=notice, deliveries=shown, next=shown[-1].id if more else None, unwritten=gone)

        return await self._read(page)

    async def books(self) -> tuple[Books, ...]:
        def latest(c: Connection) -> tuple[Books, ...]:
            t = tables.notice
            chosen = select(t.c.id).where(t.c.towards == Towards.CUSTOMERS.value, t.c.approval.is_not(None))
            ids = list(c.execute(chosen.order_by(t.c.id.desc()).limit(BOOKS_SHOWN)).scalars())
            return tuple(books.books(c, ids))

        return await self._read(latest)

    async def hold(self) -> HoldView:
        return await self._read(lambda c: pages.hold(c, self.store.epoch))

    async def report(self) -> ReportView:
        return await self._read(lambda c: records.report_view(c, self.clock.now()))

    async def health(self) -> Health:
        age, reasons = self.last_round_age, []
        if age is None:
            reasons.append("no round has run yet")
        elif age > STALE_ROUND_SECONDS:
            reasons.append(f"the last round was {age:.0f} s ago")
        if (await self.hold()).release_needed:
            reasons.append("the store was restored: customer work waits for a release")
        reasons += () if self.own is None else self.own.reasons()
        return Health(ready=not reasons, reasons=tuple(reasons))

    async def figures(self) -> Figures:
        return await self._read(self._figures)

    def _figures(self, c: Connection) -> Figures:
        now = self.clock.now()
        held = pages.hold(c, self.store.epoch)
        oldest = {lane: books.oldest(c, lane, now) for lane in Lane}
        kept_at = retention.done_at(c)
        return Figures(
            incidents=Counter(one.phase for one in timeline.readable_ones(c, incidents.open_ids(c))),
            deliveries=books.counts(c),
            oldest_undelivered={lane: age.total_seconds() for lane, age in oldest.items() if age is not None},
            checks={Shown(shown): n for shown, n in watching.counted(c).items()},
            observations_stored=watching.observations_stored(c),
            contacts_hour=sum(contacts.since(c, now - HOUR).values()),
            contacts_high=sum(one.detector == DETECTOR for one in watching.standing_at(c, [PLACE])),
            hold_on=held.on,
            release_needed=held.release_needed,
            prober_restarts=self.prober_restarts,
            left_out=self.left_out,
            last_round_age=self.last_round_age,
            config_ok=not self.config_problems,
            housekeeping_age=None if kept_at is None else max(0.0, (now - kept_at).total_seconds()),
            processes=silences(c, now),
            agents=self.agent_lines(c, now),
        )

    async def unsubscribe(self, token: str) -> bool:
        person = person_of(self.world.unsubscribe_key, token)
        if person is None:
            return False
        now = self.clock.now()
        await self._write(lambda c: notices.unsubscribe(c, erasing.known_as(c, self.world, person), now))
        return True

    async def save_session(self, session: Session) -> None:
        await self._write(lambda c: sessions.save(c, asdict(session)))

    async def find_session(self, token_hash: str) -> Session | None:
        row = await self._read(lambda c: sessions.find(c, token_hash))
        return None if row is None else Session(**row)

    async def revoke_session(self, token_hash: str) -> None:
        await self._write(lambda c: sessions.revoke(c, token_hash))
