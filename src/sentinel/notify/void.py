"""Which notices have become void: their quoted facts are no longer so, asked of the stored facts at every round.

Belongs here: what makes words untrue while they wait or are on their way. Does not belong here: what is due instead (due.py).
"""

from collections.abc import Collection
from dataclasses import dataclass

from sentinel.model.estimate import PromiseState
from sentinel.model.incident import Incident
from sentinel.model.notice import TELLING, Notice, NoticeState, Occasion, Quoted, Towards
from sentinel.notify.due import TOLD, Record, names


@dataclass(frozen=True, kw_only=True, slots=True)
class Void:
    notice: int
    why: str


def void(
    incident: Incident,
    record: Record,
    quoted_now: Quoted | None,
    audiences: Collection[str] | None = None,
    *,
    corrects: bool | None = None,
) -> tuple[Void, ...]:
    """The customer notices whose quoted facts are no longer so, and which still wait or have unsent rows.

    `quoted_now`: what an opening would quote now, None when there is nothing that customers feel. `audiences`: the names of
    those that there are, None where a draft's need not be asked. `corrects`: whether what is felt is a wrong message of ours.
    """
    found = []
    for notice in record.notices:
        is_pending = notice.state is NoticeState.DRAFT or record.unsent.get(notice.id, 0) > 0
        if notice.towards is Towards.CUSTOMERS and notice.void_at is None and is_pending and _can_void(notice):
            why = _why_void(incident, record, notice, quoted_now) or _why_other(notice, corrects)
            why = why or _why_nobody(notice, audiences)
            if why:
                found.append(Void(notice=notice.id, why=why))
    return tuple(found)


def _can_void(notice: Notice) -> bool:
    return notice.state in (NoticeState.DRAFT, NoticeState.APPROVED)


def _why_void(incident: Incident, record: Record, notice: Notice, quoted_now: Quoted | None) -> str:
    if notice.occasion is Occasion.CLOSED and notice.episode < incident.episode:
        return ""  # that episode is over, whatever began since: who was told of its start is told so (P6)
    if notice.occasion in (Occasion.CLOSED, Occasion.RETRACTION):
        return "" if incident.phase.is_over and notice.episode == incident.episode else "it is not over"
    if notice.episode != incident.episode:
        return "another episode has begun"
    if incident.phase.is_over:
        return "it is over"
    if incident.recovered_at is not None:
        return "the service answers again"
    if notice.occasion in TELLING:
        return _why_untrue(record, notice, quoted_now)
    if notice.occasion is Occasion.DELAYED:
        is_of_this_time = incident.eta_seq is not None and notice.cause >= incident.eta_seq
        if not is_of_this_time and not _is_kept_by(incident, record, notice):
            return "a newer time has been given"
        return _why_other_world(record.quoted[notice.id], quoted_now)
    return ""


def _is_kept_by(incident: Incident, record: Record, notice: Notice) -> bool:
    """Whether the new time keeps what some have been told already: a sooner one changes nothing in the inbox, and whoever is
    still to hear of the delay holds an older promise, about which nothing else would come."""
    said = record.quoted[notice.id].promise_at
    return notice.id in record.heard and incident.eta is not None and said is not None and incident.eta.until <= said


def _why_other(notice: Notice, corrects: bool | None) -> str:
    """The files say something else by now of what it is: a wrong message of ours is told in other words than an outage."""
    if corrects is None or notice.occasion not in TELLING:
        return ""
    is_correction = notice.occasion is Occasion.CORRECTION
    return "what customers feel is another thing now" if is_correction is not corrects else ""


def _why_nobody(notice: Notice, audiences: Collection[str] | None) -> str:
    """An audience was taken out of the configuration: a draft for it would be read by nobody, or go to a part of its people."""
    if audiences is None or notice.state is not NoticeState.DRAFT or notice.occasion not in TELLING or notice.rule == TOLD:
        return ""
    gone = sorted(names(notice.rule) - set(audiences))
    return f"there is no audience {gone[0]} any more" if gone else ""


def _why_untrue(record: Record, notice: Notice, quoted_now: Quoted | None) -> str:
    if why := _why_other_world(record.quoted[notice.id], quoted_now):
        return why
    promise = next((p for p in record.promises if p.id == notice.promise), None)
    if promise is not None and promise.state is not PromiseState.OPEN:
        return "the time that it names has been replaced"
    return ""


def _why_other_world(said: Quoted, quoted_now: Quoted | None) -> str:
    if quoted_now is None or not same_world(said, quoted_now):
        return "what customers feel has changed"
    if not set(said.assurances) <= set(quoted_now.assurances):
        return "an assurance that it gives is no longer current"
    return ""


def same_world(said: Quoted, now: Quoted) -> bool:
    """Whether words that quote `said` are still true. A time is a promise and not judged here; nor is a cause not named."""
    if said.cause and not now.cause:
        return False
    return _world(said) == _world(now)


def _world(quoted: Quoted) -> tuple[object, ...]:
    return tuple(sorted(quoted.services)), tuple(sorted(quoted.statements)), quoted.impact, tuple(sorted(quoted.places))
