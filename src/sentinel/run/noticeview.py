"""One notice to customers as its approver sees it: words filled for a real recipient while they wait, audience, findings,
books."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.delivery import State
from sentinel.model.notice import Approval, Body, Draft, Notice, NoticeState, Towards
from sentinel.model.person import Reason
from sentinel.notify.draft import compose
from sentinel.notify.drill import marked
from sentinel.notify.facts import FULL, Facts, closing_facts, holding_facts
from sentinel.notify.slots import held, preview, values
from sentinel.run import consent
from sentinel.run.guarded import guards_of
from sentinel.run.reader import Reader, reader_of
from sentinel.run.world import World
from sentinel.serve.port import AudienceCount, NoticeView, Part, Preview
from sentinel.store import books, codec, notices


def view_of(c: Connection, world: World, number: int, now: datetime) -> NoticeView | None:
    """The view of one notice to customers; None if there is none of that number."""
    found = notices.one(c, number)
    return None if found is None or found.towards is not Towards.CUSTOMERS else notice_view(c, world, found, now)


def notice_view(c: Connection, world: World, notice: Notice, now: datetime) -> NoticeView:
    drafted, approved = notices.draft_of(c, notice.id), notices.approval_of(c, notice.id)
    stored = approved or drafted
    facts = None if stored is None else codec.from_text(Facts, stored[1])
    counted = next(iter(books.books(c, [notice.id])), None) if approved else None
    words = None if stored is None else stored[0]
    guarded = guards_of(c, world, notice, drafted[0] if drafted else None, now)
    readers = {language: _reader(c, world, notice, language) for language in world.installation.languages}
    return NoticeView(
        notice=notice,
        audience=_audience(c, notice, approved[0] if approved else None),
        draft=drafted[0] if drafted else None,
        previews=() if words is None or facts is None else tuple(_previews(world, words, facts, readers)),
        slots={} if facts is None else _slots(facts, world, readers),
        approval=approved[0] if approved else None,
        cancel_until=_cancel_until(notice, world, approved[0] if approved else None, now),
        books=counted,
        in_doubt=counted.counts.get(State.IN_DOUBT.value, 0) if counted else 0,
        wanted=guarded.wanted,
        signed=guarded.signed,
        rest=guarded.rest,
        waits_for=guarded.waits_for,
        standard=() if drafted is None or facts is None else _standard(world, drafted[0], facts),
    )


def _reader(c: Connection, world: World, notice: Notice, language: str) -> Reader:
    """For whom words that wait are filled. What was decided names nobody: nothing is left to judge, and where all who were told
    have their end somebody who is owed it is looked for among all of them."""
    found = reader_of(c, notice, language) if notice.state is NoticeState.DRAFT else None
    return found or Reader(name="", zone=world.installation.zone, channel="")


def _standard(world: World, draft: Draft, facts: Facts) -> tuple[Body, ...]:
    """The reviewed text of each language that was edited. One whose template is gone since then has none to compare with."""
    there = [language for language in draft.edited if (facts.occasion, language) in world.templates.sheets]
    return tuple(compose(world.templates, facts, language) for language in there)


def _previews(world: World, words: Draft | Approval, facts: Facts, readers: Mapping[str, Reader]) -> Iterator[Preview]:
    parts: list[tuple[Part, tuple[Body, ...], Facts]] = [(Part.NOW, words.bodies, facts)]
    if facts.occasion in FULL:
        later = holding_facts(facts, next_word=world.installation.notice.next_word)
        parts += [(Part.HOLDING, words.holding, later), (Part.CLOSING, words.closing, closing_facts(facts))]
    for part, bodies, of in parts:
        for body in bodies:
            to = readers[body.language]
            filling = values(of, body.language, to.zone, to.name)
            yield Preview(part=part, to=to.name, body=_filled(marked(body) if facts.drill else body, filling), zone=to.zone)


def _filled(body: Body, filling: Mapping[str, str]) -> Body:
    forms = ("subject", "short", "text", "page", "voice")
    return Body(language=body.language, **{form: preview(getattr(body, form), filling) for form in forms})


def _slots(facts: Facts, world: World, readers: Mapping[str, Reader]) -> Mapping[str, str]:
    language = world.installation.languages[0]
    to, may_stand = readers[language], held(facts)
    return {slot: value for slot, value in values(facts, language, to.zone, to.name).items() if slot in may_stand}


def _audience(c: Connection, notice: Notice, approval: Approval | None) -> AudienceCount:
    if notice.snapshot is None:
        sending = approval.counted if approval is not None else consent.admitted(c, notice) or 0
        return AudienceCount(rule=notice.rule, complete=True, sending=sending)
    found = notices.snapshot(c, notice.snapshot)
    if found is None or not found.complete:
        return AudienceCount(rule=notice.rule, complete=False, sending=0, problems=() if found is None else found.problems)
    return AudienceCount(
        rule=notice.rule,
        complete=True,
        sending=found.admitted,
        left_out={Reason(reason): n for reason, n in found.left_out.items()},
        problems=found.problems,
        notes=found.notes,
    )


def _cancel_until(notice: Notice, world: World, approval: Approval | None, now: datetime) -> datetime | None:
    """Until when the consent of a person can be taken back: the window, or longer while the desk has not had the words."""
    is_open = notice.state is NoticeState.APPROVED and notice.void_at is None
    by_rule = approval is not None and bool(approval.rule) and notice.occasion in consent.OWED
    if approval is None or by_rule or not is_open:
        return None
    until = notice.release_at or max(now, approval.at) + world.installation.notice.cancel_window
    return until if until > now else None
