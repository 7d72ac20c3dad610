"""The desk's part of the hub in memory: one open incident, one quiet service, one known customer."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from sentinel.model.command import CountCaller, Done, Refused, Result
from sentinel.model.estimate import PromiseKind
from sentinel.model.notice import Occasion
from sentinel.model.service import Impact
from sentinel.serve.desk.port import CustomerPage, DeskIncident, DeskPage, Got, Owed, Saying, Standing, Topic
from tests.serve import world

ANA = "ana@example.org"


class DeskStandIn:
    """`calls`: how many called about each topic. `is_quiet`: nothing is open. `keys`: presses that were counted."""

    mark: str

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.used_keys: set[str] = set()
        self.is_quiet = False
        self.looked_up: list[str] = []

    def of_desk(self, command: object, key: str) -> Result | None:
        """What the hub does with a command of the desk's; None if it is none."""
        if not isinstance(command, CountCaller):
            return None
        if command.service not in ("payments", "ledger"):
            return Refused(code="no_service", why="There is no such service.")
        if not key or key not in self.used_keys:
            self.calls[command.service, command.statement] += 1
            self.used_keys.add(key)
        return Done(said=f"Counted: {self.calls[command.service, command.statement]} in the last hour.")

    async def desk(self) -> DeskPage:
        calm = (
            Saying(language="en", say=f"We know of no trouble with this.{self.mark}"),
            Saying(language="es", say="No nos consta ningún problema."),
        )
        others = [
            self._topic("ledger", "", "Ledger", "Something else"),
            self._topic("payments", "payments.slow", "Pay", "Slow"),
        ]
        if self.is_quiet:
            others.append(self._topic("payments", "payments.cannot_pay", "Online payments", "You cannot pay."))
        others.sort(key=lambda topic: -topic.today)
        opened = () if self.is_quiet else (self._incident(),)
        return DeskPage(at=world.NOW, open=opened, topics=tuple(others), suggest_at=5, calm=calm)

    def _topic(self, service: str, statement: str, title: str, words: str) -> Topic:
        n = self.calls[service, statement]
        return Topic(service=service, statement=statement, title=title + self.mark, words=words + self.mark, hour=n, today=n)

    def _incident(self) -> DeskIncident:
        return DeskIncident(
            incident=17,
            reference="17-A",
            headline=f"You cannot pay{self.mark}",
            suspected=False,
            impact=Impact.MAJOR_OUTAGE,
            since=world.BEGAN,
            until=world.NOW + timedelta(hours=4),
            next_word=world.NOW + timedelta(hours=4),
            who=f"184 customers{self.mark}",
            affected=184,
            sayings=(
                Saying(
                    language="en",
                    say=f"You cannot pay on our website at the moment. We expect it back by 14:30.{self.mark}",
                    do_not=(f"Do not pay again.{self.mark}",),
                    instead=(f"Use bank transfer.{self.mark}",),
                ),
                Saying(language="es", say=f"Ahora no se puede pagar en nuestra web.{self.mark}"),
            ),
            notes=(f"Do not take card numbers by chat.{self.mark}",),
            topics=(
                self._topic("payments", "payments.cannot_pay", "Online payments", "You cannot pay."),
                self._topic("payments", "", "Online payments", "Something else"),
            ),
        )

    async def customer(self, asked: str) -> CustomerPage:
        self.looked_up.append(asked)
        there = () if self.is_quiet else (self._owed(Standing.STRANGER),)
        nobody = CustomerPage(asked=asked, mark=f"mark-of-{len(asked)}", found=False, owed=there)
        if asked == "17-A":
            return replace(nobody, found=True, reference="17-A", owed=(), incident=self._incident(), got=(self._got(),))
        if asked not in (ANA, "c-204"):
            return replace(nobody, address=asked if "@" in asked else "")
        return replace(
            nobody,
            found=True,
            person=f"c-204{self.mark}",
            name=f"Ana Ortiz{self.mark}",
            address=ANA,
            language="es",
            got=(self._got(),),
            owed=(self._owed(Standing.TOLD),),
        )

    def _got(self) -> Got:
        return Got(
            at=world.BEGAN,
            reference="17-A",
            incident=17,
            occasion=Occasion.OPENED,
            by=f"email{self.mark}",
            state="in doubt: we do not know whether it arrived",
            is_good=False,
            person="c-204",
            language="es",
            subject=f"No se puede pagar{self.mark}",
            text=f"Estimada Ana Ortiz: lo sentimos.{self.mark}",
        )

    def _owed(self, standing: Standing) -> Owed:
        until = world.NOW + timedelta(hours=4)
        return Owed(
            incident=17,
            reference="17-A",
            headline=f"You cannot pay{self.mark}",
            standing=standing,
            promise_at=until,
            promise_kind=PromiseKind.ETA,
        )
