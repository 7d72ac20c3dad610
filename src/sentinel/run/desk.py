"""The running hub's answers for the desk's page: what is open with the sentence to say, and what callers call about."""

from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.service import Impact
from sentinel.notify.language import base
from sentinel.run import case as cases
from sentinel.run import customer, talk
from sentinel.run.reads import Reads
from sentinel.run.world import World
from sentinel.serve.desk.port import CustomerPage, DeskIncident, DeskPage, Saying
from sentinel.store import incidents

SUGGEST_AT = 5
"""So many calls within an hour about one thing that is not open: the page says that it should be declared."""

_CALM = {
    "en": "We know of no trouble with this at the moment. Please tell me what you see, so that we can look into it.",
    "es": "En este momento no nos consta ningún problema. Dígame, por favor, qué ve usted, para que podamos comprobarlo.",
}


class DeskViews(Reads):
    """Implements serve.desk.port.DeskPort."""

    async def desk(self) -> DeskPage:
        world, now = self.world, self.clock.now()
        return await self._read(lambda c: page(c, world, now))

    async def customer(self, asked: str) -> CustomerPage:
        world, now = self.world, self.clock.now()
        return await self._read(lambda c: customer.page(c, world, asked, now))


def page(c: Connection, world: World, now: datetime) -> DeskPage:
    """What the desk needs at this moment."""
    called = talk.callers(c, world, now)
    there = [cases.load(c, number) for number in incidents.open_ids(c)]
    shown = [talk.of_incident(c, world, case, now, called) for case in there]
    known = {(topic.service, topic.statement) for each in shown for topic in each.topics}
    others = [talk.topic_of(world, topic, called) for topic in talk.topics(world) if topic not in known]
    return DeskPage(
        at=now,
        open=tuple(sorted(shown, key=_size)),
        topics=tuple(sorted(others, key=lambda topic: (-topic.today, -topic.hour))),
        suggest_at=SUGGEST_AT,
        calm=tuple(
            Saying(language=each, say=_CALM[base(each)]) for each in world.installation.languages if base(each) in _CALM
        ),
    )


def _size(shown: DeskIncident) -> tuple[bool, int, int, datetime]:
    """What is certain first; then the largest: by people, then by how grave it is, then the oldest."""
    grave = list(Impact).index(shown.impact) if shown.impact is not None else -1
    return shown.suspected, -(shown.affected or 0), -grave, shown.since
