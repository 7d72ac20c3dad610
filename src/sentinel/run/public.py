"""What the public may know of incidents, put together from the store: colours by themselves, words only as approved.

Belongs here: which episode is shown, since when, and which words have gone out. Does not belong here: how it looks, and the
standard lines that stand where no words are (serve/status/).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, select

from sentinel.incident.fold import extend
from sentinel.model.estimate import Promise, PromiseKind, PromiseState
from sentinel.model.incident import Entry, Incident, Phase, Reopened
from sentinel.model.installation import Installation
from sentinel.model.notice import Notice, NoticeState, Occasion, Towards
from sentinel.model.service import Impact
from sentinel.notify.facts import Facts
from sentinel.notify.language import NoLanguage
from sentinel.notify.slots import UnknownSlot, fill, values
from sentinel.run.world import World
from sentinel.serve.status.port import Component, Disturbance, PublicState, Retracted, Told
from sentinel.store import codec, incidents, notices, published, tables

HISTORY = timedelta(days=90)
MOST = 200
"""Incidents that the page tells of, at most."""


@dataclass(slots=True)
class Episode:
    """One episode while its entries are read.

    `impacts`: component → what is felt there now, and since when that is so; `touched`: the worst that ever was.
    """

    incident: Incident
    impacts: dict[str, tuple[Impact, datetime]] = field(default_factory=dict)
    touched: dict[str, Impact] = field(default_factory=dict)
    phases: list[tuple[Phase, datetime]] = field(default_factory=list)
    last_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        """Confirmed, and felt by customers."""
        return self.incident.confirmed_at is not None and bool(self.touched)

    def take(self, incident: Incident, entry: Entry, installation: Installation) -> None:
        self.incident = incident
        if not self.phases or self.phases[-1][0] is not incident.phase:
            self.phases.append((incident.phase, entry.at))
        now_felt = _felt(incident, installation)
        for name, impact in now_felt.items():
            self.touched[name] = max(impact, self.touched.get(name, impact), key=lambda each: each.rank)
            if name not in self.impacts or self.impacts[name][0] is not impact:
                self.impacts[name] = (impact, entry.at)
                self.last_at = entry.at
        for gone in [name for name in self.impacts if name not in now_felt]:
            del self.impacts[gone]
            self.last_at = entry.at


def _felt(incident: Incident, installation: Installation) -> dict[str, Impact]:
    """Component → the worst that customers feel there now. A statement that is gone has no colour; nor has one that corrects a
    message of ours: its words are true of those who got that message, and of nobody else who reads the page."""
    found: dict[str, Impact] = {}
    known = [installation.statements[each.statement] for each in incident.felt if each.statement in installation.statements]
    for statement in known:
        if statement.service in installation.services and not statement.corrects:
            worst = found.get(statement.service, statement.impact)
            found[statement.service] = max(statement.impact, worst, key=lambda each: each.rank)
    return found


def episodes(entries: Sequence[Entry], installation: Installation) -> list[Episode]:
    """The episodes that a timeline tells, oldest first."""
    found: list[Episode] = []
    incident: Incident | None = None
    for entry in entries:
        before = incident
        incident = extend(incident, entry)
        begins = before is None or (isinstance(entry.said, Reopened) and entry.said.episode != before.episode)
        if begins:
            found.append(Episode(incident))
        found[-1].take(incident, entry, installation)
    return found


def state(c: Connection, world: World, epoch: int, now: datetime) -> PublicState:
    """Everything that the status page may tell now."""
    house = world.installation
    gate = _Gate.read(c, epoch, now)
    there: list[Disturbance] = []
    taken_back: list[Retracted] = []
    changed: dict[str, tuple[Impact | None, datetime]] = {}
    for number in published.recent(c, now - HISTORY, MOST):
        told = _told(c, house, number, gate)
        promises = incidents.promises(c, number)
        for episode in reversed(episodes(incidents.timeline(c, number), house)):
            mine = [(notice, words) for notice, words in told if notice.episode == episode.incident.episode]
            if episode.incident.phase is Phase.DISMISSED:
                taken_back += _retracted(house, episode, mine) if episode.touched else []
            elif episode.is_public and episode.incident.phase is not Phase.SUSPECTED:
                there.append(_disturbance(house, episode, mine, promises, now))
                _colour(changed, episode, there[-1])
    return PublicState(
        at=now,
        components=_components(house, changed),
        disturbances=tuple(sorted(there, key=lambda each: each.confirmed_at, reverse=True)),
        retracted=tuple(sorted(taken_back, key=lambda each: each.at, reverse=True)),
    )


def identity(house: Installation, *parts: object) -> str:
    """Twelve letters and digits that are the same for ever, and tell nothing."""
    return sha256("/".join(map(str, (house.name, *parts))).encode()).hexdigest()[:12]


# Colours


def _components(house: Installation, changed: Mapping[str, tuple[Impact | None, datetime]]) -> tuple[Component, ...]:
    """The services that customers can feel something of: without a statement, a colour could never change."""
    felt = {statement.service for statement in house.statements.values() if not statement.corrects}
    return tuple(
        Component(name=name, title=service.title, impact=impact, changed_at=at)
        for name, service in house.services.items()
        if name in felt
        for impact, at in (changed.get(name, (None, None)),)
    )


def _colour(changed: dict[str, tuple[Impact | None, datetime]], episode: Episode, shown: Disturbance) -> None:
    """Take in what one disturbance does to its components: the worst open one counts, else the latest end."""
    for name in episode.touched:
        impact, at = episode.impacts.get(name, (None, episode.last_at or shown.confirmed_at))
        if shown.is_over:
            impact, at = None, shown.resolved_at or shown.updated_at
        at = max(at, shown.confirmed_at)
        was = changed.get(name)
        if was is None or _weight(impact) > _weight(was[0]) or (_weight(impact) == _weight(was[0]) and at > was[1]):
            changed[name] = (impact, at)


def _weight(impact: Impact | None) -> int:
    return -1 if impact is None else impact.rank


# Words


@dataclass(frozen=True, kw_only=True, slots=True)
class _Gate:
    """What has gone out: what was released until then. `restored`: nobody has said yet that what the store knows is so."""

    now: datetime
    held_since: datetime | None
    restored: bool

    @classmethod
    def read(cls, c: Connection, epoch: int, now: datetime) -> "_Gate":
        row = c.execute(select(tables.installation)).one()
        return cls(now=now, held_since=(row.hold_at or now) if row.hold else None, restored=row.epoch < epoch)

    def is_out(self, notice: Notice) -> bool:
        """Whether a notice was approved, its gate has opened, and it was neither void nor held then."""
        at = notice.release_at
        if notice.towards is not Towards.CUSTOMERS or notice.state is not NoticeState.APPROVED or at is None or at > self.now:
            return False
        is_held = self.held_since is not None and at >= self.held_since
        return not is_held and (notice.void_at is None or notice.void_at > at)


def _told(c: Connection, house: Installation, number: int, gate: _Gate) -> list[tuple[Notice, Told]]:
    """The notices of one incident that have gone out, in time order, with their words. Their phase is not known yet."""
    found = []
    for notice in notices.of_incident(c, number):
        consent = notices.approval_of(c, notice.id) if gate.is_out(notice) else None
        if consent is not None and notice.release_at is not None:
            texts = _texts(house, {body.language: body.page for body in consent[0].bodies}, codec.from_text(Facts, consent[1]))
            stands = notice.void_at is None and not gate.restored
            found.append(
                (notice, Told(notice=notice.id, at=notice.release_at, phase=Phase.INVESTIGATING, texts=texts, stands=stands))
            )
    return sorted(found, key=lambda pair: (pair[1].at, pair[0].id))


def _texts(house: Installation, bodies: Mapping[str, str], facts: Facts) -> dict[str, str]:
    """Language → the words with their slots filled, for a reader without a name. One that cannot be filled is left out."""
    texts = {}
    for language, page in bodies.items():
        try:
            texts[language] = fill(page, values(facts, language, house.zone, ""))
        except (UnknownSlot, NoLanguage):
            continue
    return texts


def _disturbance(
    house: Installation,
    episode: Episode,
    told: Sequence[tuple[Notice, Told]],
    promises: Sequence[Promise],
    now: datetime,
) -> Disturbance:
    incident = episode.incident
    confirmed_at = incident.confirmed_at
    if confirmed_at is None or not episode.touched:
        raise AssertionError("only what is confirmed and felt is shown")
    words = tuple(_in_phase(each, episode) for _, each in told)
    promise = None if incident.phase.is_over else _given(promises, incident, {notice.id for notice, _ in told}, now)
    moments = [
        confirmed_at,
        *(each.at for each in words),
        *(at for phase, at in episode.phases if phase is not Phase.SUSPECTED),
    ]
    return Disturbance(
        id=identity(house, incident.id, incident.episode),
        reference=incident.reference,
        components=dict(episode.touched),
        phase=incident.phase,
        began_at=incident.began_at,
        confirmed_at=confirmed_at,
        updated_at=max(max(moments), episode.last_at or confirmed_at),
        phases=tuple((phase, at) for phase, at in episode.phases if phase is not Phase.SUSPECTED),
        over_at=incident.recovered_at if incident.phase.is_over else None,
        resolved_at=incident.resolved_at,
        told=words,
        eta=promise.at if promise is not None and promise.kind is PromiseKind.ETA else None,
        next_word_at=promise.at if promise is not None else None,
    )


def _in_phase(told: Told, episode: Episode) -> Told:
    """The words with the phase in which they went out."""
    phase = episode.phases[0][0]
    for each, at in episode.phases:
        if at <= told.at:
            phase = each
    phase = Phase.INVESTIGATING if phase is Phase.SUSPECTED else phase
    return Told(notice=told.notice, at=told.at, phase=phase, texts=told.texts, stands=told.stands)


def _given(promises: Sequence[Promise], incident: Incident, out: set[int], now: datetime) -> Promise | None:
    """The promise that readers hold us to: the last one whose words have gone out, while it is open and ahead."""
    mine = [each for each in promises if each.episode == incident.episode and each.notice in out]
    last = max(mine, key=lambda each: each.id, default=None)
    return last if last is not None and last.state is PromiseState.OPEN and last.at > now else None


def _retracted(house: Installation, episode: Episode, told: Sequence[tuple[Notice, Told]]) -> list[Retracted]:
    incident = episode.incident
    return [
        Retracted(
            id=identity(house, incident.id, incident.episode),
            reference=incident.reference,
            components=tuple(episode.touched),
            at=words.at,
            texts=words.texts,
        )
        for notice, words in told
        if notice.occasion is Occasion.RETRACTION
    ][-1:]
