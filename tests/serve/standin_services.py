"""The stand-in's part of the port for services, checks and places: one of each, with everything that a page can show."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sentinel.model.observation import Verdict
from sentinel.model.service import Impact
from sentinel.serve.agents.port import AgentLine, AgentState
from sentinel.serve.services.port import (
    AssuranceLine,
    CheckLine,
    CheckPage,
    History,
    LastBad,
    Latency,
    PastLine,
    PlaceLine,
    PlacesPage,
    PlaceState,
    ProcessesPage,
    ProcessLine,
    SeenAt,
    ServiceLine,
    ServicePage,
    ServicesPage,
    Shown,
    Span,
    StatementLine,
    Uptime,
)
from tests.serve import world

CHECK = "payments.card-form"
DAY = Uptime(window=timedelta(hours=24), up=2800, degraded=30, down=50, unknown=7)
NOTHING = Uptime(window=timedelta(days=7), up=0, degraded=0, down=0, unknown=0)


def agents(place: str) -> list[AgentLine]:
    """One in each state, numbered from 1."""
    first = AgentLine(
        id=1,
        place=place,
        name=f"{place}-1",
        version="0.1.0",
        state=AgentState.AT_WORK,
        seen_at=world.NOW,
        silent_for=timedelta(seconds=1),
        expires_at=None,
        checks=3,
        stored=98765,
        late=12,
    )
    silent = replace(first, state=AgentState.LOST, seen_at=world.BEGAN, silent_for=timedelta(minutes=4), checks=0, late=0)
    new = replace(first, state=AgentState.WAITING, seen_at=None, expires_at=world.NOW + timedelta(days=7), checks=0, stored=0)
    late = replace(new, state=AgentState.EXPIRED, expires_at=world.NOW - timedelta(hours=1))
    out = replace(first, state=AgentState.SHUT_OUT)
    return [replace(one, id=n, name=f"{place}-{n}") for n, one in enumerate((first, silent, new, late, out), 1)]


class ServicesStandIn:
    """`mark` is put into every text that a person or a target could have written."""

    mark: str = ""

    async def services(self) -> ServicesPage:
        return ServicesPage(at=world.NOW, services=(self._line(),))

    async def service(self, name: str) -> ServicePage | None:
        if name != "payments":
            return None
        statement = StatementLine(
            id="payments.cannot_pay",
            say=f"You cannot pay.{self.mark}",
            impact=Impact.MAJOR_OUTAGE,
            checks=(CHECK,),
            audience="payers",
            channels=("email",),
            languages=("en", "es"),
        )
        silent = StatementLine(
            id="payments.slow",
            say=f"Paying is slow.{self.mark}",
            impact=Impact.DEGRADED_PERFORMANCE,
            checks=(),
            audience=None,
            channels=(),
            languages=("en",),
            why_not=("payments does not tell customers",),
        )
        ended = AssuranceLine(
            statement="payments.cannot_pay",
            words=f"No late fee.{self.mark}",
            owner="Billing",
            evidence="POL-1",
            until=date(2026, 11, 1),
            is_current=False,
        )
        past = PastLine(
            incident=17,
            reference="17-A",
            headline=f"Payments do not work{self.mark}",
            began_at=world.BEGAN,
            ended_at=world.NOW,
            phase="resolved",
        )
        return ServicePage(
            at=world.NOW,
            service=self._line(),
            depends_on=("ledger",),
            depended_on_by=(),
            statements=(statement, silent),
            assurances=(ended,),
            incidents=(past,),
        )

    async def check(self, check: str, *, hours: int) -> CheckPage | None:
        if check != CHECK:
            return None
        since, width = world.NOW - timedelta(hours=hours), timedelta(hours=hours) / 96
        spans = tuple(
            Span(
                at=since + n * width,
                samples=10,
                share=0.8,
                median=80.0 + n,
                p95=200.0,
                p99=240.0,
                bad=2 * (n == 3),
                unknown=n == 7,
            )
            for n in range(96)
            if not 40 < n < 50
        )
        day = Span(at=since, samples=8640, share=0.99942, median=84.0, p95=201.0, p99=1240.0, bad=5, degraded=30, unknown=7)
        lately = {"1h": Span(at=since, samples=0), "24h": day, "7d": replace(day, bad=0, share=1.0), "90d": day}
        seen = SeenAt(
            place="head-office",
            at=world.NOW,
            verdict=Verdict.DOWN,
            shown=Shown.DOWN,
            since=world.BEGAN,
            reason=f"status 503, expected 200{self.mark}",
            facts={"status": 503, "ip": f"203.0.113.9{self.mark}", "total_ms": 84.2},
            phases={"dns": 3.0, "connect": 8.1, "tls": 20.0, "first byte": 50.0, "transfer": 3.1},
        )
        bad = LastBad(
            place="head-office",
            at=world.NOW,
            verdict=Verdict.DOWN,
            reason=f"status 503{self.mark}",
            evidence=f"<h1>no</h1>{self.mark}",
        )
        return CheckPage(
            at=world.NOW,
            id=CHECK,
            service="payments",
            title=f"Online payments{self.mark}",
            kind="http",
            does=f"Asks https://pay.example.com/{self.mark} every 30 s, and waits at most 10 s.",
            every=timedelta(seconds=30),
            timeout=timedelta(seconds=10),
            options=(("url", f"https://pay.example.com/{self.mark}"), ("headers", "authorization: •••")),
            conditions=(("or it is down", f"the body contains “Card{self.mark}”"),),
            means={Verdict.DOWN: "payments.cannot_pay"},
            uptime=(DAY, NOTHING),
            places=(seen,),
            last_bad=bad,
            lately=lately,
            latency=Latency(hours=hours, since=since, until=world.NOW, width=width, spans=spans),
        )

    async def history(self, check: str, *, since: datetime, until: datetime, step: timedelta) -> History | None:
        if check != CHECK:
            return None
        whole = Span(at=since, samples=20, share=0.9, median=80.0, p95=200.0, p99=240.0, bad=2)
        return History(check=check, since=since, until=until, step=step, whole=whole, spans=(whole,))

    async def places(self) -> PlacesPage:
        there = PlaceLine(
            name="head-office",
            seen_at=world.NOW,
            checks=5,
            expected=5,
            overdue=0,
            lag=timedelta(0),
            sources=2,
            stored=123456,
            is_own=True,
        )
        never = PlaceLine(
            name="branch", seen_at=None, checks=0, expected=5, overdue=1, lag=timedelta(minutes=9), sources=0, stored=0
        )
        madrid = replace(never, name="madrid", seen_at=world.NOW, overdue=0, checks=5, agents=tuple(agents("madrid")))
        lost = replace(never, name="vigo", seen_at=world.BEGAN, state=PlaceState.LOST, agents=tuple(agents("vigo")[1:2]))
        blind = replace(madrid, name="bilbao", state=PlaceState.BLIND, agents=tuple(agents("bilbao")[:1]))
        empty = replace(never, name="sevilla", state=PlaceState.NOBODY, overdue=0)
        return PlacesPage(at=world.NOW, places=(there, never, madrid, lost, blind, empty))

    async def processes(self) -> ProcessesPage:
        hub = ProcessLine(
            id="serve-0a",
            kind="serve",
            host=f"hub-1{self.mark}",
            pid=4711,
            version="0.1.0",
            schema=3,
            place="head-office",
            lanes=("staff", "customers"),
            up_for=timedelta(hours=3),
            silent_for=timedelta(seconds=1),
        )
        worker = ProcessLine(
            id="worker-0b",
            kind="worker",
            host="sender-1",
            pid=12,
            version="0.0.9",
            schema=2,
            place="",
            lanes=("customers",),
            up_for=timedelta(minutes=4),
            silent_for=timedelta(seconds=21),
            is_behind=True,
        )
        return ProcessesPage(at=world.NOW, shared=True, processes=(hub, worker))

    def _line(self) -> ServiceLine:
        check = CheckLine(
            id=CHECK,
            kind="http",
            shown=Shown.DOWN,
            since=world.BEGAN,
            seen_at=world.NOW,
            reason=f"connection refused{self.mark}",
        )
        return ServiceLine(
            name="payments",
            title=f"Online payments{self.mark}",
            team=f"Billing platform{self.mark}",
            owner=f"Maria Okafor{self.mark}",
            reviewed=date(2025, 1, 1),
            overdue=True,
            shown=Shown.DOWN,
            checks=(check,),
            uptime=(DAY, NOTHING),
            incident=17,
        )
