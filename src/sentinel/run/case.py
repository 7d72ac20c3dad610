"""Case: one incident with all that was said and promised in it, as the store knows it at this moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.delivery import Lane, State
from sentinel.model.estimate import Estimate, Promise
from sentinel.model.incident import Entry, Incident
from sentinel.model.notice import Notice, NoticeState, Occasion, Quoted, Towards
from sentinel.notify.due import Record, current_promise
from sentinel.notify.facts import FULL
from sentinel.run.timeline import told_by
from sentinel.store import incidents, notices, signatures
from sentinel.store.openings import OPENING, is_opening
from sentinel.store.tally import AT_WORK, Count, tally


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """`estimate`: the last one of this episode. `given`: the promise that customers hold us to now."""

    incident: Incident
    timeline: tuple[Entry, ...]
    record: Record
    counts: tuple[Count, ...]
    estimate: Estimate | None
    given: Promise | None

    def notice(self, notice_id: int) -> Notice:
        return next(notice for notice in self.record.notices if notice.id == notice_id)

    def first_accepted(self, notice: int) -> datetime | None:
        """When the first delivery of a notice was accepted."""
        return _first(count for count in self.counts if count.notice == notice)

    def told_at(self, lane: Lane) -> datetime | None:
        """When the first word of the whole incident was accepted on a lane; what the desk said by phone is no such word."""
        return _first(count for count in self.counts if count.lane is lane and count.step != "desk")


def load(c: Connection, number: int) -> Case:
    """The case of one incident. KeyError if there is none of that number."""
    timeline = tuple(incidents.timeline(c, number))
    if not timeline:
        raise KeyError(number)
    incident = told_by(timeline)
    counts = tuple(tally(c, incident.subject))
    record = _record(c, incident, counts)
    return Case(
        incident=incident,
        timeline=timeline,
        record=record,
        counts=counts,
        estimate=incidents.last_estimate(c, number, incident.episode),
        given=current_promise(record, incident),
    )


def _record(c: Connection, incident: Incident, counts: tuple[Count, ...]) -> Record:
    all_notices = notices.of_incident(c, incident.id)
    customers = [count for count in counts if count.lane is Lane.CUSTOMERS]
    mine = [count for count in customers if count.episode == incident.episode]
    telling = [count for count in mine if count.step.split("#")[0] in ("opened", "widened")]
    by_desk = sum(count.n for count in mine if count.step == "desk" and count.state is State.ACCEPTED)
    owing = set(notices.unexpanded(c))
    return Record(
        notices=all_notices,
        quoted=_quoted(c, all_notices),
        promises=incidents.promises(c, incident.id),
        told=sum(count.n for count in telling if count.state is State.ACCEPTED and is_opening(count.step)) + by_desk,
        by_desk=by_desk,
        doubtful=sum(count.n for count in telling if count.state in (State.IN_DOUBT, State.ARMED)),
        unsent={
            notice.id: sum(count.n for count in counts if count.notice == notice.id and count.state in AT_WORK)
            + (notice.id in owing)
            for notice in all_notices
        },
        untold=sum(count.n for count in telling if count.step == "opened" and count.state is State.CANCELLED),
        cut_short=frozenset(count.notice for count in mine if count.state is State.CANCELLED),
        unwritten=frozenset(notices.unwritten(c, incident.id)),
        signed=_signed(c, all_notices),
        accepted=frozenset(count.notice for count in customers if count.state is State.ACCEPTED),
        heard=frozenset(count.notice for count in customers if count.state in (State.ACCEPTED, State.IN_DOUBT, State.ARMED)),
    )


def _signed(c: Connection, all_notices: list[Notice]) -> Mapping[int, int]:
    """The drafts that somebody has approved as they are, and that are drafts all the same: a second person is wanted."""
    waiting = [each for each in all_notices if each.towards is Towards.CUSTOMERS and each.state is NoticeState.DRAFT]
    found = {each.id: stored[0] for each in waiting if (stored := notices.draft_of(c, each.id)) is not None}
    return {number: draft.version for number, draft in found.items() if signatures.of_draft(c, number, draft.hash)}


def _quoted(c: Connection, all_notices: list[Notice]) -> Mapping[int, Quoted]:
    """What each notice to customers says of the world: as approved, else as drafted."""
    found: dict[int, Quoted] = {}
    for notice in all_notices:
        if notice.towards is Towards.CUSTOMERS:
            consent = notices.approval_of(c, notice.id)
            wording = notices.draft_of(c, notice.id)
            found[notice.id] = consent[0].quoted if consent else wording[0].quoted if wording else Quoted()
    return found


def words_approved(case: Case) -> Notice | None:
    """The last notice of this episode that a person approved with holding and closing words: later words rest on it."""
    approved = [
        notice
        for notice in case.record.notices
        if notice.occasion in FULL and notice.episode == case.incident.episode and notice.approval is not None
        if notice.id in case.record.heard or (notice.state is NoticeState.APPROVED and notice.void_at is None)
    ]
    return approved[-1] if approved else None


def published_by(case: Case, notice: int) -> Promise | None:
    """The promise that a notice was the first to make. Words for people who are newly affected repeat the one that stands."""
    return next((promise for promise in case.record.promises if promise.notice == notice), None)


def widens(notice: Notice) -> bool:
    """Whether a notice tells those who were told that there is more of it."""
    return notice.step.startswith("widened#")


def repeats(case: Case, notice: Notice) -> bool:
    """Whether a notice gives the time that stands: it tells more people of the same, or the same people more of it. So does an
    opening drafted anew for those whom the earlier one did not reach, once others have its time."""
    if case.given is None:
        return False
    return case.given.notice in case.record.heard if notice.step == OPENING else is_opening(notice.step) or widens(notice)


def sent_at(case: Case, occasion: Occasion, step: str | None = None, after: datetime | None = None) -> datetime | None:
    """When the first delivery of an occasion (of one step; of notices that began to go out `after`) in this episode was
    accepted."""
    mine = [
        notice.id
        for notice in case.record.notices
        if notice.occasion is occasion and notice.episode == case.incident.episode and step in (None, notice.step)
    ]
    return _first((count for count in case.counts if count.notice in mine), after)


def _first(counts: Iterable[Count], after: datetime | None = None) -> datetime | None:
    found = [count.first_at for count in counts if count.state is State.ACCEPTED and count.first_at]
    return min((at for at in found if after is None or at > after), default=None)
