"""Which notices are due: asked of the stored facts, at every round, from nothing.

Level, not edge: a notice is due when it should be there and is not. Its identity is (subject, episode, step, cause), so that
finding it due twice makes it once. Nothing here is worded, approved or sent; which have become void is said by void.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sentinel.model.estimate import Promise, PromiseKind, PromiseState
from sentinel.model.incident import (
    Declared,
    Entry,
    EtaSet,
    EtaUnknown,
    Incident,
    Opened,
    Phase,
    PhaseSet,
    Recovering,
    RecoveryBroken,
    Reopened,
    SignalJoined,
)
from sentinel.model.notice import TELLING, Notice, NoticePolicy, NoticeState, Occasion, Quoted, Towards
from sentinel.model.service import Service

TOLD = "told"
"""The audience rule of every later word: who was told in this episode and is not yet told of the end."""

NEWS = (Opened, SignalJoined, Declared, PhaseSet, EtaSet, EtaUnknown, Recovering, RecoveryBroken, Reopened)
"""What staff hear of beside the opening and the end. A note is for those who read the timeline."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What was said of one incident's present episode so far, as the store knows it; `heard` and `accepted` are of all of them.

    `quoted`: notice id → what it says of the world. `told`: how many accepted a telling notice; `doubtful`: how many may have.
    `unsent`: notice id → how many of its people have no final state yet. `untold`: people of the opening whose delivery was
    cancelled by its voiding.
    """

    notices: Sequence[Notice] = ()
    quoted: Mapping[int, Quoted] = field(default_factory=dict)
    promises: Sequence[Promise] = ()
    told: int = 0
    doubtful: int = 0
    unsent: Mapping[int, int] = field(default_factory=dict)
    untold: int = 0
    by_desk: int = 0
    """How many of `told` are those whom the desk told in person."""
    heard: frozenset[int] = frozenset()
    """Notices that at least one person has accepted, or may have."""
    accepted: frozenset[int] = frozenset()
    """Those that at least one person has accepted for certain."""
    cut_short: frozenset[int] = frozenset()
    """Notices that some of their people never got, because they became void or came too late."""
    unwritten: frozenset[int] = frozenset()
    """Approved notices of which some people have no row in the ledger yet: the first batch is out, or a cap holds the rest."""
    signed: Mapping[int, int] = field(default_factory=dict)
    """Draft that one person has approved, and two must → its version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A notice that should be there. `by_rule`: approved from birth, on the consent that the opening got."""

    step: str
    cause: int
    occasion: Occasion
    towards: Towards
    rule: str
    by_rule: bool
    promise: int | None = None
    words_of: int | None = None


def audience_rule(services: Sequence[Service]) -> str | None:
    """The union of the services' audiences, as a rule; None when customers of none of them are ever told."""
    names = sorted({service.audience for service in services if service.audience})
    return f"audience:{'+'.join(names)}" if names else None


def due(
    incident: Incident,
    timeline: Sequence[Entry],
    record: Record,
    *,
    services: Sequence[Service],
    quoted_now: Quoted | None,
    policy: NoticePolicy,
    now: datetime,
    corrects: bool = False,
) -> tuple[Due, ...]:
    """The notices that should be there now and are not. `services`: those whose customers feel it. `corrects`: what they feel
    is a wrong message of ours, which has no time of return that could move."""
    wanted = [
        *_staff(incident, timeline, record, policy.gather, now),
        *_asking(incident, record, policy, now),
        *_telling(incident, record, services, quoted_now, now, corrects=corrects),
        *(() if corrects or quoted_now is None else _delaying(incident, record)),
        *_holding(incident, record, policy, now),
        *_ending(incident, record),
        *_desk_words(record),
        *_needing(record),
    ]
    there = {(notice.episode, notice.step, notice.cause) for notice in record.notices}
    return tuple(each for each in wanted if (incident.episode, each.step, each.cause) not in there)


def _staff(incident: Incident, timeline: Sequence[Entry], record: Record, gather: timedelta, now: datetime) -> Iterator[Due]:
    if incident.phase.is_over:
        if incident.over_by is not None:
            occasion = Occasion.DISMISSED if incident.phase is Phase.DISMISSED else Occasion.RECOVERED
            yield _to_staff(occasion, incident.over_by)
        return
    told = [notice for notice in record.notices if notice.towards is Towards.STAFF and notice.episode == incident.episode]
    if not told:
        occasion = Occasion.SUSPECTED if incident.phase is Phase.SUSPECTED else Occasion.STAFF_OPENED
        yield _to_staff(occasion, incident.last_seq)
        return
    news = max((entry.seq for entry in timeline if isinstance(entry.said, NEWS)), default=0)
    heard = max(notice.cause for notice in told if notice.occasion is not Occasion.WORDS)
    if news > heard and now >= max(notice.made_at for notice in told) + gather:
        yield _to_staff(Occasion.CHANGED, news)


def _to_staff(occasion: Occasion, cause: int) -> Due:
    return Due(
        step=f"staff.{occasion.value}#{cause}",
        cause=cause,
        occasion=occasion,
        towards=Towards.STAFF,
        rule="staff",
        by_rule=True,
    )


def _asking(incident: Incident, record: Record, policy: NoticePolicy, now: datetime) -> Iterator[Due]:
    """One named question before a promise lapses, to those who can answer it."""
    if incident.phase.is_over or incident.recovered_at is not None:
        return
    promise = current_promise(record, incident)
    if promise is not None and now >= promise.at - policy.ask_before and promise.id not in incident.answered:
        asked = _to_staff(Occasion.PROMISE_DUE, incident.opened_by)
        yield replace(asked, step=f"staff.promise_due#{promise.id}", promise=promise.id)


def _telling(
    incident: Incident,
    record: Record,
    services: Sequence[Service],
    quoted_now: Quoted | None,
    now: datetime,
    *,
    corrects: bool,
) -> Iterator[Due]:
    rule = audience_rule(services)
    if quoted_now is None or rule is None or incident.phase.is_over or incident.recovered_at is not None:
        return
    worth_telling = min(service.worth_telling for service in services if service.audience)
    if now < incident.began_at + worth_telling:
        return
    cause = max((felt.cause for felt in incident.felt), default=incident.opened_by)
    mine = _of(record, incident, *TELLING)
    standing = [n for n in mine if n.state in (NoticeState.DRAFT, NoticeState.APPROVED) and _may_go_out(n, now)]
    thrown_away = max((n.cause for n in mine if n.state is NoticeState.CANCELLED and n.approval is None), default=0)
    openings_stand = bool(standing) or cause <= thrown_away
    # Whom only the desk has told still gets the message, if the audience names them: a call replaces no letter.
    nobody_heard = record.told == record.by_desk and record.doubtful == 0
    is_cut = record.untold > 0 or any(_is_cut_off(n, record, now) for n in mine if n.step == "opened")
    fresh, new = _fresh(mine, incident, cause), _newly_affected(record, mine, rule, cause, now)
    further = Occasion.CORRECTION if corrects else Occasion.WIDENED
    if not openings_stand and (nobody_heard or is_cut):
        yield _to_customers("opened", fresh, _beginning(incident, record, names(rule), corrects=corrects), rule)
    elif not nobody_heard and new:
        yield _to_customers(f"opened#{fresh}", fresh, _beginning(incident, record, new, corrects=corrects), rule)
    if not nobody_heard and _is_worse(record, mine, quoted_now, cause):
        yield _to_customers(f"widened#{fresh}", fresh, further, TOLD)


def _beginning(incident: Incident, record: Record, audiences: set[str], *, corrects: bool) -> Occasion:
    """How customers of these audiences are told of it first. For those whom no earlier episode was told to nothing has come
    back, and neither has what we said had never been."""
    if corrects:
        return Occasion.CORRECTION
    taken_back = {n.episode for n in record.notices if n.occasion is Occasion.RETRACTION and n.id in record.heard}
    earlier = [
        notice
        for notice in record.notices
        if notice.episode < incident.episode
        and notice.episode not in taken_back
        and notice.occasion in TELLING
        and notice.rule != TOLD
        and notice.id in record.heard
    ]
    was_told = any(audiences & names(notice.rule) for notice in earlier)
    return Occasion.AGAIN if was_told else Occasion.OPENED


def _is_cut_off(notice: Notice, record: Record, now: datetime) -> bool:
    """Whether people of it had no row yet when it was stopped: its first batch has had it, and they have not."""
    is_going = notice.state is NoticeState.APPROVED and _may_go_out(notice, now)
    return notice.id in record.unwritten and not is_going


def _newly_affected(record: Record, mine: Sequence[Notice], rule: str, cause: int, now: datetime) -> set[str]:
    """The audiences affected beside those that were told: who is new gets the opening form, never an update to nothing.

    Asked of the rule alone: an audience that no opening has reached, reaches now, or was thrown away for since.
    """
    openings = [notice for notice in mine if notice.rule != TOLD]
    settled = [notice for notice in openings if _reaches(notice, record, now) or _is_thrown_away(notice, cause)]
    return names(rule) - {name for notice in settled for name in names(notice.rule)}


def names(rule: str) -> set[str]:
    """The audiences that a rule names."""
    return set(rule.removeprefix("audience:").split("+"))


def _reaches(notice: Notice, record: Record, now: datetime) -> bool:
    """Whether everybody of its audience has had it, or still may."""
    is_pending = notice.state in (NoticeState.DRAFT, NoticeState.APPROVED) and notice.void_at is None
    return is_pending and (_may_go_out(notice, now) or notice.id not in record.cut_short | record.unwritten)


def _is_thrown_away(notice: Notice, cause: int) -> bool:
    """Whether a person threw this draft away, and nothing that customers feel has changed since."""
    return notice.state is NoticeState.CANCELLED and notice.approval is None and notice.cause >= cause


def _may_go_out(notice: Notice, now: datetime) -> bool:
    """Whether a notice is neither void nor past its time: who has not had it by then never will, and is to be told anew."""
    return notice.void_at is None and (notice.sendable_until is None or now < notice.sendable_until)


def _fresh(mine: Sequence[Notice], incident: Incident, cause: int) -> int:
    """The cause of a redraft: the entry that changed what is felt; where that one has had its draft (it was voided or taken
    back since), the latest entry, which says so."""
    return incident.last_seq if cause in {notice.cause for notice in mine} else cause


def _is_worse(record: Record, mine: Sequence[Notice], quoted_now: Quoted, cause: int) -> bool:
    """Worse or wider than the last that customers were told or are about to be told: a milder turn is for page and desk.

    What a person threw away unsaid is not asked of them again until something else is felt.
    """
    whole = [n for n in mine if not n.step.startswith("opened#")]  # those are for people who are told all of it anew
    counted = [
        notice
        for notice in whole
        if notice.id in record.heard
        or (notice.void_at is None and notice.state is not NoticeState.CANCELLED)
        or (notice.rule == TOLD and _is_thrown_away(notice, cause))
    ]
    known = {statement for notice in counted for statement in record.quoted[notice.id].statements}
    return not set(quoted_now.statements) <= known


def _delaying(incident: Incident, record: Record) -> Iterator[Due]:
    """A person has given a time later than the one that customers have (or the first, where they have none)."""
    if incident.phase.is_over or incident.recovered_at is not None or incident.eta is None or record.told == 0:
        return
    promise = owed_promise(record, incident)
    if promise is None or incident.eta_at is None or incident.eta_seq is None:
        return
    of_this_time = [n for n in _of(record, incident, Occasion.DELAYED) if n.cause >= incident.eta_seq]
    is_later = promise.kind is PromiseKind.NEXT_WORD or incident.eta.until > promise.at
    if incident.eta_at > promise.published_at and is_later:
        step = f"delayed#{promise.id}"
    else:
        step = of_this_time[-1].step if _was_stopped(of_this_time, record) else ""
    mine = [notice for notice in of_this_time if notice.step == step]
    if step and all(notice.void_at is not None for notice in mine):  # else it waits, goes out, or a person threw it away
        cause = incident.last_seq if mine else incident.eta_seq
        about = int(step.removeprefix("delayed#"))
        yield replace(_to_customers(step, cause, Occasion.DELAYED, TOLD), promise=about)


def _was_stopped(delays: Sequence[Notice], record: Record) -> bool:
    """Whether somebody is still to be told a time: all that would have told it became void, the last before anybody had it, or
    some before everybody had."""
    if not delays or any(notice.void_at is None for notice in delays):
        return False
    return delays[-1].id not in record.heard or any(notice.id in record.cut_short for notice in delays)


def _holding(incident: Incident, record: Record, policy: NoticePolicy, now: datetime) -> Iterator[Due]:
    """Nobody gave a new time in time: the words approved beside the opening go out before the promise lapses.

    Of several promises, from the newest on: words about one go to all who hold it or one that lapses no later."""
    if incident.phase.is_over or incident.recovered_at is not None or record.told == 0:
        return
    spoken_of_until: datetime | None = None
    # Of one that was withdrawn after words about it were written, those count: they go to all who hold an older one.
    every = [promise for promise in record.promises if promise.episode == incident.episode]
    for promise in sorted(every, key=lambda promise: promise.id, reverse=True):
        step = f"holding#{promise.id}"
        mine = [notice for notice in record.notices if notice.step == step and notice.episode == incident.episode]
        is_said = any(notice.void_at is None for notice in mine)
        if not is_said:
            if promise.state is PromiseState.WITHDRAWN or now < holding_due_at(promise, incident, policy):
                continue
            if not _is_held(promise, record, incident, policy, now):
                continue
            if spoken_of_until is not None and promise.at <= spoken_of_until:
                continue
            # What a moment of recovery stopped is due once more when it has passed.
            due = _to_customers(step, incident.last_seq if mine else incident.opened_by, Occasion.HOLDING, TOLD)
            yield replace(due, by_rule=True, promise=promise.id)
        spoken_of_until = promise.at if spoken_of_until is None else max(spoken_of_until, promise.at)


def _is_held(promise: Promise, record: Record, incident: Incident, policy: NoticePolicy, now: datetime) -> bool:
    """Whether somebody holds us to a promise: the last one is owed to all once it was given, one before it to those whom the
    delay that replaced it will not reach, or not in time."""
    mine = _published(record, incident)
    if promise is mine[-1]:
        is_owed = promise.state in (PromiseState.OPEN, PromiseState.BROKEN) and _may_be_known(promise, record)
    else:
        is_owed = any(each.id in record.accepted for each in _giving(promise, record))
    newer = {each.notice for each in mine if each.id > promise.id}
    delays = [
        notice
        for notice in _of(record, incident, Occasion.DELAYED)
        if notice.state is NoticeState.APPROVED and (notice.id in newer or notice.step == f"delayed#{promise.id}")
    ]
    return is_owed and not any(_replaces(notice, promise, record, policy, now) for notice in delays)


def _giving(promise: Promise, record: Record) -> list[Notice]:
    """The notices that give a promise: the one that made it, and those that repeat it."""
    return [notice for notice in record.notices if promise.id == notice.promise or notice.id == promise.notice]


def was_given(promise: Promise, record: Record) -> bool:
    """Whether anybody has a promise, or may have it."""
    return any(notice.id in record.heard for notice in _giving(promise, record))


def _may_be_known(promise: Promise, record: Record) -> bool:
    """Whether anybody may know of it. The desk may have said it on the phone; and next words follow from next words."""
    goes_on = any(n.id == promise.notice and n.occasion is Occasion.HOLDING for n in record.notices)
    return was_given(promise, record) or record.by_desk > 0 or goes_on


def _replaces(delay: Notice, promise: Promise, record: Record, policy: NoticePolicy, now: datetime) -> bool:
    """Whether a delay takes the place of a promise for all who hold it. One for which the desk's channels have not taken the
    words yet, when the last moment has come, does not: it waits for them (P7)."""
    last_moment = promise.at - max(policy.hold_before - policy.desk_first, timedelta(0))
    is_on_its_way = delay.release_at is not None or delay.id in record.heard or now < last_moment
    return is_on_its_way and _reaches(delay, record, now)


def holding_due_at(promise: Promise, incident: Incident, policy: NoticePolicy) -> datetime:
    """When holding words leave. "It holds" is a person's word for the promise: then they wait until it has really lapsed.
    "Nobody knows" sends them at once."""
    answer = incident.answered.get(promise.id)
    if answer == "unknown":
        return promise.published_at
    return promise.at if answer == "holds" else promise.at - policy.hold_before


def _ending(incident: Incident, record: Record) -> Iterator[Due]:
    if incident.over_by is None or record.told == 0:
        return
    if incident.phase is Phase.DISMISSED:
        mine = _of(record, incident, Occasion.RETRACTION)
        if not any(n.void_at is None and n.state in (NoticeState.DRAFT, NoticeState.APPROVED) for n in mine):
            yield _to_customers("retraction", _fresh(mine, incident, incident.over_by), Occasion.RETRACTION, TOLD)
    elif incident.phase in (Phase.RESOLVED, Phase.REVIEWED):
        yield replace(_to_customers("closed", incident.over_by, Occasion.CLOSED, TOLD), by_rule=True)


def _to_customers(step: str, cause: int, occasion: Occasion, rule: str) -> Due:
    return Due(step=step, cause=cause, occasion=occasion, towards=Towards.CUSTOMERS, rule=rule, by_rule=False)


def _desk_words(record: Record) -> Iterator[Due]:
    """The desk gets the words of every notice that is about to go to customers."""
    for notice in record.notices:
        is_going = notice.towards is Towards.CUSTOMERS and notice.state is NoticeState.APPROVED and notice.void_at is None
        if is_going and notice.occasion is not Occasion.DESK:
            words = _to_staff(Occasion.WORDS, notice.cause)
            yield replace(words, step=f"staff.words#{notice.id}", words_of=notice.id)


def _needing(record: Record) -> Iterator[Due]:
    """Staff hear once of words that a second person must approve, and once each time that a message is paused."""
    for notice in record.notices:
        if notice.id in record.signed and notice.state is NoticeState.DRAFT and notice.void_at is None:
            second = _to_staff(Occasion.SECOND, notice.cause)
            yield replace(second, step=f"staff.second#{notice.id}.{record.signed[notice.id]}", words_of=None)
        if notice.paused_at is not None and notice.state is NoticeState.APPROVED and notice.void_at is None:
            # The first pause bears the name that it always had: one of before an upgrade is not told again.
            since = "" if notice.tried_at is None else f".{notice.paused_at:%y%m%d%H%M%S}"
            yield replace(_to_staff(Occasion.PAUSED, notice.cause), step=f"staff.paused#{notice.id}{since}")


def _of(record: Record, incident: Incident, *occasions: Occasion) -> list[Notice]:
    return [notice for notice in record.notices if notice.occasion in occasions and notice.episode == incident.episode]


def current_promise(record: Record, incident: Incident) -> Promise | None:
    """The promise that customers hold us to: the last one published in this episode, while it is open."""
    owed = owed_promise(record, incident)
    return owed if owed is not None and owed.state is PromiseState.OPEN else None


def owed_promise(record: Record, incident: Incident) -> Promise | None:
    """The promise that we owe a word about: the current one, or the last one where it lapsed in silence. What is broken is
    still to be owned, late rather than never."""
    last = next(reversed(_published(record, incident)), None)
    return last if last is not None and last.state in (PromiseState.OPEN, PromiseState.BROKEN) else None


def _published(record: Record, incident: Incident) -> list[Promise]:
    """The promises of this episode that were not taken back, oldest first."""
    mine = [p for p in record.promises if p.episode == incident.episode and p.state is not PromiseState.WITHDRAWN]
    return sorted(mine, key=lambda promise: promise.id)


def last_time(record: Record, incident: Incident, promise: int, now: datetime) -> Promise | None:
    """The time of return that words about a promise own: the last one up to it that all of those who were told have had. What a
    delay named that was stopped half way, the others never read."""
    times = [each for each in _published(record, incident) if each.kind is PromiseKind.ETA and each.id <= promise]
    stopped = {n.id for n in record.notices if n.rule == TOLD and not _reaches(n, record, now)}
    whole = [each for each in times if each.notice not in stopped]
    return next(reversed(whole or times), None)
