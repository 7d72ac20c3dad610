"""Estimate → the one instant that is published, and what became of it.

Belongs here: rounding, when no time is given, lapsing and settling. Does not belong here: the words around it and who gets them
(notify).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sentinel.model.estimate import Basis, Estimate, EstimatePolicy, Promise, PromiseKind, PromiseState
from sentinel.model.incident import Incident, Phase
from sentinel.model.notice import NoticePolicy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lapse:
    """How near a promise is to its instant. Each stays true from its time on, until the promise is settled."""

    ask_due: bool
    """A person is to be asked: does it hold?"""
    hold_due: bool
    """Nobody answered: the holding words are to go out."""
    lapsed: bool
    """The instant has passed."""


def promise_at(estimate: Estimate | None, now: datetime, policy: EstimatePolicy) -> datetime | None:
    """The instant (UTC) that may be published on this estimate at `now`, or None: `why_withheld` says why.

    began_at + P80, at least `now + policy.least_ahead`, rounded up once to the grid of `policy.round_to`.
    """
    if estimate is None or estimate.p80 is None or why_withheld(estimate, now, policy) is not None:
        return None
    return round_up(max(estimate.began_at + estimate.p80, now + policy.least_ahead), policy.round_to)


def why_withheld(estimate: Estimate | None, now: datetime, policy: EstimatePolicy) -> str | None:
    """Why no time is given, in a sentence for the lead; None when one may be given.

    The limits `at_most` (of the whole duration, not of what remains: an incident does not become foreseeable by waiting) and
    `spread_at_most` are for history alone. A named person's time is promised as given.
    """
    if estimate is None:
        return "There is no estimate yet."
    if estimate.basis is Basis.ASSESSING or estimate.p80 is None or estimate.p50 is None:
        return "Nobody can say yet how long it will take" + (f" ({estimate.reason})." if estimate.reason else ".")
    if estimate.began_at + estimate.p80 <= now:
        return "The estimated time has already passed."
    if estimate.basis is not Basis.HISTORY:
        return None
    if estimate.p80 > policy.at_most:
        return f"It may take longer than {_in_words(policy.at_most)}; no time is promised that far ahead."
    if estimate.p80 > policy.spread_at_most * estimate.p50:
        return (
            f"It may take {_in_words(estimate.p50)} or {_in_words(estimate.p80)}: "
            f"past incidents differ too much (more than {policy.spread_at_most:g} times) to promise a time."
        )
    return None


def next_word_at(now: datetime, next_word: timedelta, round_to: timedelta) -> datetime:
    """By when the next word is promised: `next_word` from now, rounded up."""
    return round_up(now + next_word, round_to)


def round_up(at: datetime, to: timedelta) -> datetime:
    """`at` itself if it lies on the UTC grid of `to`, else the next instant of the grid: outwards, never earlier.

    Every zone's offset is a multiple of 15 minutes today, so an instant on the default 15-minute grid is a quarter hour on
    every reader's clock (14:30 UTC is 20:00 in India and 20:15 in Nepal). A grid of 30 or 60 minutes reads as quarter hours
    in such zones: less round, never odd. Rounding per zone instead would promise different instants to different people.
    """
    return _EPOCH - ((_EPOCH - at) // to) * to


def lapse(promise: Promise, now: datetime, notice_policy: NoticePolicy) -> Lapse:
    """What is due about a promise at `now`. Nothing, once it is settled."""
    is_open = promise.state is PromiseState.OPEN
    return Lapse(
        ask_due=is_open and now >= promise.at - notice_policy.ask_before,
        hold_due=is_open and now >= promise.at - notice_policy.hold_before,
        lapsed=is_open and now > promise.at,
    )


def settle(
    promise: Promise,
    incident: Incident,
    now: datetime,
    replaced_at: datetime | None,
    held_at: datetime | None,
    closed_at: datetime | None = None,
) -> PromiseState | None:
    """What became of an open promise, from stored facts; None while that is not known, or when it is settled already.

    `replaced_at`: a delayed notice with a new time went out; `held_at`: holding words did; `closed_at`: the closing or the
    retraction did. An instant counts when it is not after the promise. A recovery counts once it is confirmed: until the
    hold has run out nothing is settled on its word, since any failure would undo it.
    """
    if promise.state is not PromiseState.OPEN:
        return None
    if promise.kind is PromiseKind.NEXT_WORD:
        return _settle_next_word(promise, now, (replaced_at, held_at, closed_at))
    end = _end(promise, incident)
    if end is not None and end <= promise.at:
        return PromiseState.KEPT
    if _in_time(replaced_at, promise):
        return PromiseState.MOVED
    if now <= promise.at or _may_have_recovered(promise, incident):
        return None
    return PromiseState.HELD if _in_time(held_at, promise) else PromiseState.BROKEN


def _settle_next_word(promise: Promise, now: datetime, words: tuple[datetime | None, ...]) -> PromiseState | None:
    """Any word that went out in time keeps it; only a word does: that the incident ended is nothing that customers heard."""
    if any(_in_time(word, promise) for word in words):
        return PromiseState.KEPT
    return PromiseState.BROKEN if now > promise.at else None


def _in_time(word: datetime | None, promise: Promise) -> bool:
    """A word that went out after the promise was published and not after its instant."""
    return word is not None and promise.published_at < word <= promise.at


def _end(promise: Promise, incident: Incident) -> datetime | None:
    """When the episode of the promise ended, if that is confirmed. A dismissed one ended when we said that there was none.

    Of an episode before the present one we know only that it was over when the present one began.
    """
    if promise.episode < incident.episode:
        return incident.began_at
    if not incident.phase.is_over:
        return None
    if incident.phase is Phase.DISMISSED:
        return incident.dismissed_at
    return incident.recovered_at or incident.resolved_at


def _may_have_recovered(promise: Promise, incident: Incident) -> bool:
    """The signals cleared in time and the hold is still running."""
    recovered = incident.recovered_at
    is_held = promise.episode == incident.episode and not incident.phase.is_over
    return is_held and recovered is not None and recovered <= promise.at


def _in_words(duration: timedelta) -> str:
    """ "45 minutes", "6.5 hours", "3 days": no more precise than an estimate is. Durations of a demo may be seconds."""
    seconds = duration.total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            count = round(seconds / size) if size == 60 else round(2 * seconds / size) / 2
            return f"{count:g} {unit}s"
    return f"{round(seconds):g} seconds"
