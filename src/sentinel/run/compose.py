"""Making what is due: the notice with its words, written down in the transaction that found it due."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sentinel.estimate.promise import next_word_at, why_withheld
from sentinel.model.estimate import NAMED, Promise, PromiseKind
from sentinel.model.incident import NoticeApproved
from sentinel.model.limits import OWED
from sentinel.model.notice import Draft, Notice, NoticeState, Occasion, Quoted, Towards
from sentinel.notify import approval
from sentinel.notify.draft import assemble, compose, draft
from sentinel.notify.due import TOLD, Due, last_time, owed_promise
from sentinel.notify.facts import FULL, Facts
from sentinel.run import briefing, timeline
from sentinel.run import case as cases
from sentinel.run.case import Case
from sentinel.run.facts import facts_of
from sentinel.run.world import World
from sentinel.store import codec, expansion, incidents, notices
from sentinel.store.openings import OPENING


def make(c: Connection, world: World, case: Case, due: Due, now: datetime) -> bool:
    """Write one notice that is due; False when it is there already or cannot be made yet."""
    if due.towards is Towards.STAFF:
        return _to_staff(c, world, case, due, now)
    if due.by_rule:
        return _by_rule(c, world, case, due, now)
    return _to_approve(c, world, case, due, now)


def _row(case: Case, due: Due, state: NoticeState, now: datetime) -> Notice:
    incident = case.incident
    return Notice(
        id=0,
        subject=incident.subject,
        incident=incident.id,
        episode=incident.episode,
        step=due.step,
        cause=due.cause,
        occasion=due.occasion,
        towards=due.towards,
        state=state,
        made_at=now,
        rule=due.rule,
        promise=due.promise,
        words_of=due.words_of,
    )


# To staff


def _to_staff(c: Connection, world: World, case: Case, due: Due, now: datetime) -> bool:
    notice = notices.make(c, replace(_row(case, due, NoticeState.APPROVED, now), release_at=now))
    if notice is None:
        return False
    notices.keep_brief(c, notice.id, briefing.brief_of(c, world, case, notice, now))
    channels = briefing.staff_channels(world, case.incident)
    expansion.expand_staff(c, notice, channels, now, world.installation.zone)
    return True


# To customers, for a person to approve


def _to_approve(c: Connection, world: World, case: Case, due: Due, now: datetime) -> bool:
    incident = case.incident
    snapshot = None if due.rule == TOLD else notices.snapshot_for(c, incident.subject, incident.episode, _asked(due), now)
    # The promise that a notice publishes is known at its approval; until then it has none.
    notice = notices.make(c, replace(_row(case, due, NoticeState.DRAFT, now), snapshot=snapshot, promise=None))
    if notice is None:
        return False
    facts = facts_now(c, world, case, notice, now)
    made = draft(notice.id, 1, world.templates, facts, world.installation.languages, world.lexicon)
    _keep(c, world, case, made, facts, now)
    return True


def _asked(due: Due) -> str:
    """The rule as it is asked: anew for people who are newly affected, so that those who were told meanwhile are left out."""
    return due.rule if due.step == OPENING else f"{due.rule}#{due.cause}"


def _keep(c: Connection, world: World, case: Case, made: Draft, facts: Facts, now: datetime) -> None:
    """Store a draft. Where it names no time of return, the lead is told why."""
    is_asked = facts.occasion in FULL - {Occasion.CORRECTION}  # a correction never names one
    why = why_withheld(case.estimate, now, world.installation.estimate) if is_asked and not facts.until else None
    told = made.left_out if why is None else (*made.left_out, f"No time of return is given. {why}")
    notices.keep_draft(c, replace(made, left_out=told), codec.to_text(Facts, facts))


def facts_now(c: Connection, world: World, case: Case, notice: Notice, now: datetime) -> Facts:
    """The facts of a notice that a person is asked to approve."""
    given = _replaced(case, now) if notice.occasion is Occasion.DELAYED else case.given
    # Who is newly affected gets the opening form with the time that stands, as wider words do: nobody holds us to two times.
    asked = Occasion.WIDENED if cases.repeats(case, notice) else notice.occasion
    facts = facts_of(world, case.incident, asked, now, estimate=case.estimate, given=given)
    return replace(
        facts,
        occasion=notice.occasion,
        drill=_is_drill(c, world, case, notice.occasion),
        more=cases.widens(notice),
        again=notice.episode > 1 and notice.step == OPENING,
    )


def _replaced(case: Case, now: datetime) -> Promise | None:
    """The promise that a delay owns before it names a new time."""
    owed = owed_promise(case.record, case.incident)
    if owed is None or owed.kind is PromiseKind.NEXT_WORD:
        return owed
    return last_time(case.record, case.incident, owed.id, now)


def _is_drill(c: Connection, world: World, case: Case, occasion: Occasion) -> bool:
    """Whether words must say that it is a drill. What is owed follows the words that began it: who was told in earnest is told
    of the end in earnest, and who was told in a drill as in a drill, whatever is on by then."""
    base = cases.words_approved(case) if occasion in OWED else None
    consent = None if base is None else notices.approval_of(c, base.id)
    return world.installation.drill is not None if consent is None else codec.from_text(Facts, consent[1]).drill


def refresh(c: Connection, world: World, case: Case, now: datetime) -> None:
    """Bring the times of waiting drafts up to date. A ticking estimate does nothing; a time of no use any more does."""
    for notice in case.record.notices:
        if notice.towards is Towards.CUSTOMERS and notice.state is NoticeState.DRAFT:
            stored = notices.draft_of(c, notice.id)
            facts = facts_now(c, world, case, notice, now)
            if stored is not None and _is_stale(stored[0].quoted, facts, case, world, now):
                _keep(c, world, case, again(stored[0], world, facts), facts, now)


def again(old: Draft, world: World, facts: Facts) -> Draft:
    """A new version of a draft under new facts; what a person wrote stays as they wrote it."""
    languages = world.installation.languages
    kept = {body.language: body for body in old.bodies if body.language in old.edited}
    bodies = tuple(kept.get(language) or compose(world.templates, facts, language) for language in languages)
    return assemble(
        old.notice,
        old.version + 1,
        world.templates,
        facts,
        bodies,
        world.lexicon,
        edited=old.edited,
        fell_back=old.fell_back,
    )


def _is_stale(said: Quoted, facts: Facts, case: Case, world: World, now: datetime) -> bool:
    """Whether a draft names a time that is too near, or one where there is none now, or not the one that somebody named."""
    if said.promise_at is None and said.next_word_at is None:
        return False
    if (said.promise_at is None) != (facts.until is None):
        return True
    named = said.promise_at or said.next_word_at
    is_named = case.estimate is not None and case.estimate.basis in NAMED
    if is_named and said.promise_at != facts.until:
        return True
    is_near = named is not None and named - now < approval.least_ahead(world.installation.notice)
    return is_near and named != (facts.until or facts.next_word_at)  # one that stands moves by a new promise alone


# To customers, by the rule that they approved with the opening


def _by_rule(c: Connection, world: World, case: Case, due: Due, now: datetime) -> bool:
    base = cases.words_approved(case)
    consent = None if base is None else notices.approval_of(c, base.id)
    if consent is None:
        # Only the desk has told anybody, so no closing words were approved beside an opening: a person approves them now.
        return due.occasion is Occasion.CLOSED and _to_approve(c, world, case, due, now)
    notice = notices.make(c, _row(case, due, NoticeState.APPROVED, now))
    if notice is None:
        return False
    opening, its_facts = consent
    next_word = None
    if due.occasion is Occasion.HOLDING:
        policy = world.installation
        next_word = next_word_at(now, policy.notice.next_word, policy.estimate.round_to)
    time = None if due.promise is None else last_time(case.record, case.incident, due.promise, now)
    facts = facts_of(world, case.incident, due.occasion, now, estimate=case.estimate, given=time, next_word=next_word)
    facts = replace(facts, drill=codec.from_text(Facts, its_facts).drill)
    bodies = approval.approved_beside(opening, due.occasion)
    sealed = assemble(notice.id, 1, world.templates, facts, bodies, world.lexicon)
    row = approval.by_rule(opening, notice, sealed, case.record.told, now)
    number = notices.keep_approval(c, row, codec.to_text(Facts, facts))
    promise = None if next_word is None else _promise_next_word(c, case, notice, next_word, now)
    until = approval.sendable_until(next_word, world.installation.notice)
    notices.change(c, notice.id, approval=number, promise=promise, sendable_until=until)
    said = NoticeApproved(notice=notice.id, step=notice.step, people=case.record.told)
    timeline.write(c, case.incident.id, (said,), who="sentinel", why=row.rule, now=now)
    return True


def _promise_next_word(c: Connection, case: Case, notice: Notice, at: datetime, now: datetime) -> int:
    return incidents.publish_promise(
        c,
        incident=case.incident.id,
        episode=case.incident.episode,
        kind=PromiseKind.NEXT_WORD,
        at=at,
        published_at=now,
        notice=notice.id,
        estimate=None,
    )
