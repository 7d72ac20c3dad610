"""The stand-in's part of the port for the scorecard: a year of one service."""

from dataclasses import replace
from datetime import date, timedelta

from sentinel.estimate.card import card
from sentinel.model.estimate import Basis, Claim, Episode, Marked, Promise, PromiseKind, PromiseState
from sentinel.serve.scorecard.port import CardPage
from tests.serve import world

MINUTE = timedelta(minutes=1)


def episode(number: int, lasted: float, *, service: str = "payments", basis: Basis = Basis.HISTORY) -> Episode:
    """One that was estimated at each mark that it outlasted: half within 60 minutes, four in five within 100."""
    began = world.NOW - timedelta(days=400) + timedelta(days=number)
    over = began + lasted * MINUTE
    marks = tuple(
        Marked(
            mark=mark * MINUTE,
            made_at=began + (mark + 1) * MINUTE,
            began_at=began,
            basis=basis,
            p50=max(60, mark + 20) * MINUTE,
            p80=100 * MINUTE,
            curve=tuple(Claim(share, 125 * share * MINUTE) for share in (0.2, 0.5, 0.8)) if basis is Basis.HISTORY else (),
        )
        for mark in (0, 30, 60)
        if lasted > mark + 1
    )
    given = Promise(
        id=number, incident=number, episode=1, kind=PromiseKind.ETA, at=began + 105 * MINUTE, published_at=began, notice=number,
        state=PromiseState.KEPT if lasted <= 105 else PromiseState.MOVED,
    )  # fmt: skip
    return Episode(
        incident=number, episode=1, service=service, began_at=began, over_at=over, recovered_at=over, marks=marks,
        promises=(given,),
    )  # fmt: skip


def many(count: int = 40) -> list[Episode]:
    """One in eight a person's word."""
    return [
        episode(number, 3.0 + 3 * number, basis=Basis.ENGINEER if number % 8 == 0 else Basis.HISTORY)
        for number in range(1, count + 1)
    ]


class ScorecardStandIn:
    graded = 40
    imported = 120

    async def scorecard(self, *, service: str | None = None, since: date | None = None, rehearsed: bool = False) -> CardPage:
        made = card(many(self.graded))
        if rehearsed:
            line = replace(made.whole, promises=None)
            made = replace(made, whole=line, services=(replace(line, name="payments"),), bases=(), rehearsed=True)
        return CardPage(card=made, most=1000, since=since, service=service, damaged=(7,), imported=self.imported)
