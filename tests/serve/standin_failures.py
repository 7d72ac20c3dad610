"""The stand-in's part of the port for deliveries that want somebody: one of each."""

from datetime import timedelta

from sentinel.model.delivery import State
from sentinel.model.notice import Occasion, Towards
from sentinel.serve.failures.port import (
    GROUPS,
    AsideLine,
    BrokenChannel,
    FailedMessage,
    FailuresPage,
    Pile,
    RefusedAddress,
    UnheardBrief,
)
from tests.serve import world


class FailuresStandIn:
    """`mark` is put into every text that a person or a target could have written."""

    mark: str = ""
    well = False
    """Whether nothing wants anybody."""

    async def failures(self, *, before: int | None = None, limit: int = GROUPS) -> FailuresPage:
        if self.well:
            return FailuresPage(messages=())
        since = world.NOW - timedelta(minutes=12)
        piles = (
            Pile(state=State.IN_DOUBT, count=2, channels=("email",), why=f"the connection broke{self.mark}"),
            Pile(state=State.DEAD, count=1204, channels=("email",), why=f"451 later{self.mark}"),
            Pile(state=State.REJECTED, count=7, channels=("email",), why=f"550 no such user{self.mark}"),
            Pile(state=State.ACCEPTED, count=31, channels=("email",), why=f"5.1.1 user unknown{self.mark}", bounced=True),
        )
        message = FailedMessage(
            notice=11,
            incident=17,
            reference="17-A",
            occasion=Occasion.OPENED,
            towards=Towards.CUSTOMERS,
            made_at=since,
            piles=piles,
        )
        if before is not None:
            return FailuresPage(messages=(message,))
        return FailuresPage(
            messages=(message,),
            broken=(BrokenChannel(channel="cs-slack", since=since, why=f"Slack said token_revoked{self.mark}", waiting=3),),
            unheard=(UnheardBrief(notice=12, incident=17, reference="17-A", since=since, channels=("cs-slack", "desk-mail")),),
            refused=(
                RefusedAddress(
                    channel="email", address=f"gone@example.org{self.mark}", since=since, why=f"5.1.1 no such{self.mark}"
                ),
            ),
            refusals=1,
            aside=(AsideLine(what="Incident", number=17, at=since, tries=3, why=f"KeyError at run/tend.py:42{self.mark}"),),
            asides=1,
            next=11,
        )
