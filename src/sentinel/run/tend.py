"""Tending one incident: its estimate, its promises, its notices, so that what should be there is there.

Every decision is asked of a pure room; here its answer is written. Called by every round and after every command, within their
transaction.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sentinel.estimate.decide import estimate
from sentinel.estimate.promise import settle
from sentinel.model.estimate import Promise, PromiseKind, PromiseState
from sentinel.model.incident import NoticeVoided
from sentinel.model.notice import Notice, NoticeState, Occasion, Quoted, Towards
from sentinel.notify import approval
from sentinel.notify.due import due, was_given
from sentinel.notify.facts import quoted
from sentinel.notify.void import Void, void
from sentinel.run import batches, compose, consent, signing, timeline
from sentinel.run import case as cases
from sentinel.run.case import Case
from sentinel.run.facts import corrects, facts_of, felt, services_of, told
from sentinel.run.world import World
from sentinel.store import expansion, incidents, ledger, notices

PASSES = 4
"""Voiding makes a redraft due and a redraft may void nothing: it comes to rest in two passes; more would be a mistake."""


def tend(c: Connection, world: World, number: int, now: datetime) -> Case:
    """Bring one incident's estimate, promises and notices up to what its facts ask for. Gives what came of it."""
    case = cases.load(c, number)
    steps = (_estimate, _settle_promises, batches.watch, *(PASSES * (_void, _make_due)))
    for step in steps:
        if step(c, world, case, now):
            case = cases.load(c, number)
    compose.refresh(c, world, case, now)
    _release(c, world, case)
    return case


def _estimate(c: Connection, world: World, case: Case, now: datetime) -> bool:
    if _still_stands(case, now):
        return False
    worst = felt(world, case.incident)
    if corrects(worst):
        return False  # nothing stopped working: how long outages last says nothing of it
    impact = worst[0].impact if worst else None
    said = told(case.timeline, case.incident)
    made = estimate(case.incident, impact, world.history, now, case.estimate, world.installation.estimate, said)
    if made is not None:
        incidents.keep_estimate(c, made)
    return made is not None


def _still_stands(case: Case, now: datetime) -> bool:
    """Whether nothing was said since the last estimate and its half has not passed: then asking the past again is no use."""
    last = case.estimate
    if last is None or case.timeline[-1].at >= last.made_at:
        return False
    return last.p50 is None or now < last.began_at + last.p50


def _settle_promises(c: Connection, world: World, case: Case, now: datetime) -> bool:
    settled = False
    for promise in case.record.promises:
        if promise.state is PromiseState.OPEN and _was_never_given(case, promise, now):
            incidents.settle_promise(c, promise.id, PromiseState.WITHDRAWN, now)
            settled = True
            continue
        state = settle(
            promise,
            case.incident,
            now,
            _delayed_at(case, promise),
            _spoken_at(case, Occasion.HOLDING, promise),
            cases.sent_at(case, Occasion.CLOSED) or cases.sent_at(case, Occasion.RETRACTION),
        )
        if state is not None and not (state is PromiseState.KEPT and _may_come_back(case, promise, now)):
            incidents.settle_promise(c, promise.id, state, now)
            settled = True
    return settled


def _was_never_given(case: Case, promise: Promise, now: datetime) -> bool:
    """Whether the words that published a promise were stopped before anybody had them, or came too late: no customer holds us
    to it, and none would say that we broke it. (A next word that holding words promise is kept up: the next follow from it.)"""
    notice = next((each for each in case.record.notices if each.id == promise.notice), None)
    if notice is None or was_given(promise, case.record):
        return False
    if notice.void_at is not None:
        return True
    is_late = notice.sendable_until is not None and notice.sendable_until <= now
    return is_late and notice.occasion in consent.PUBLISHES


def _delayed_at(case: Case, promise: Promise) -> datetime | None:
    """When a delay replaced a promise. A next word is kept by any: the delay may have been drafted before that was promised."""
    if promise.kind is PromiseKind.NEXT_WORD:
        return cases.sent_at(case, Occasion.DELAYED, after=promise.published_at)
    return _spoken_at(case, Occasion.DELAYED, promise)


def _spoken_at(case: Case, occasion: Occasion, promise: Promise) -> datetime | None:
    """When words about a promise went out, or about a newer one that lapses no sooner: those go to all who hold either."""
    mine = [
        each.id
        for each in case.record.promises
        if each.episode == promise.episode and each.id >= promise.id and each.at >= promise.at
    ]
    times = [cases.sent_at(case, occasion, f"{occasion.value}#{number}") for number in mine]
    return min((at for at in times if at is not None), default=None)


def _may_come_back(case: Case, promise: Promise, now: datetime) -> bool:
    """Whether it is over before its promised time, but customers have not heard so: if it breaks again now, the episode goes on
    and they hold us to the same time (P7)."""
    heard = cases.sent_at(case, Occasion.CLOSED) or cases.sent_at(case, Occasion.RETRACTION)
    return promise.kind is PromiseKind.ETA and promise.episode == case.incident.episode and now <= promise.at and heard is None


def _void(c: Connection, world: World, case: Case, now: datetime) -> bool:
    is_ours = corrects(felt(world, case.incident))
    found = void(case.incident, case.record, _quoted_now(world, case, now), world.installation.audiences, corrects=is_ours)
    found += tuple(_unsigned(c, world, case, {each.notice for each in found}, now))
    for each in found:
        notice = case.notice(each.notice)
        state = NoticeState.VOID if notice.state is NoticeState.DRAFT else notice.state
        notices.change(c, notice.id, void_at=now, void_why=each.why, state=state.value)
        ledger.cancel_notice(c, notice.id, now, each.why)
        made = cases.published_by(case, notice.id)
        if made is not None and not was_given(made, case.record):
            incidents.settle_promise(c, made.id, PromiseState.WITHDRAWN, now)  # nobody was ever given it
        said = NoticeVoided(notice=notice.id, step=notice.step)
        timeline.write(c, case.incident.id, (said,), who="sentinel", why=each.why, now=now)
    return bool(found)


def _unsigned(c: Connection, world: World, case: Case, already: Collection[int], now: datetime) -> Iterator[Void]:
    """What was approved by somebody who may not approve any more, and has not gone out: another person must look at it."""
    for notice in case.record.notices:
        is_going = notice.state is NoticeState.APPROVED and notice.void_at is None and case.record.unsent.get(notice.id, 0) > 0
        if notice.towards is not Towards.CUSTOMERS or not is_going or notice.id in already:
            continue
        approved = notices.approval_of(c, notice.id)
        # What rests on an earlier consent is owed to those who were told on it, whoever gave that (P6).
        if approved is not None and (gone := signing.lapsed(c, world, notice, approved[0].draft_hash, now)):
            yield Void(notice=notice.id, why=f"{gone} approved it and may not approve any more")


def _quoted_now(world: World, case: Case, now: datetime) -> Quoted | None:
    """What an opening would quote at this moment; None while customers feel nothing that has words."""
    if not felt(world, case.incident):
        return None
    return quoted(facts_of(world, case.incident, Occasion.OPENED, now, estimate=case.estimate))


def _make_due(c: Connection, world: World, case: Case, now: datetime) -> bool:
    found = due(
        case.incident,
        case.timeline,
        case.record,
        services=services_of(world, felt(world, case.incident)),
        quoted_now=_quoted_now(world, case, now),
        policy=world.installation.notice,
        now=now,
        corrects=corrects(felt(world, case.incident)),
    )
    made = [compose.make(c, world, case, each, now) for each in found]
    return any(made)


def _release(c: Connection, world: World, case: Case) -> None:
    """Open the gate of approved notices once the desk has had their words."""
    for notice in case.record.notices:
        is_waiting = notice.towards is Towards.CUSTOMERS and notice.state is NoticeState.APPROVED and notice.release_at is None
        approved = notices.approval_of(c, notice.id) if is_waiting and notice.void_at is None else None
        if approved is None:
            continue
        words = next((n for n in case.record.notices if n.words_of == notice.id), None)
        told = None if words is None else case.first_accepted(words.id)
        # Words that rest on an earlier consent; a written rule that stood in for a person leaves the same time to take it back.
        by_rule = bool(approved[0].rule) and notice.occasion in consent.OWED
        owed_by = _owed_by(case, notice)
        first = replace(notice, made_at=_first_made_at(case, notice))
        at = approval.release_at(first, approved[0].at, by_rule, told, world.installation.notice, owed_by)
        if at is not None:
            expansion.reschedule(c, notice.id, at)


def _first_made_at(case: Case, notice: Notice) -> datetime:
    """When words were made. Of holding words that are made anew, after a moment of recovery stopped them: the first time, since
    the desk knows them from then on; else each such moment would put them off by as long, past the promise."""
    if notice.occasion is not Occasion.HOLDING:
        return notice.made_at
    return min(each.made_at for each in case.record.notices if (each.episode, each.step) == (notice.episode, notice.step))


def _owed_by(case: Case, notice: Notice) -> datetime | None:
    """The instant of the promise that holding words must not miss."""
    about = notice.step.partition("#")[2]
    held = [promise.at for promise in case.record.promises if notice.occasion is Occasion.HOLDING and str(promise.id) == about]
    return held[0] if held else None
