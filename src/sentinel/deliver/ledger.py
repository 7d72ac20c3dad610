"""The life of one delivery: the table of moves, how long to wait before the next try, and what an outcome leads to.

Belongs here: every decision about a row of the ledger. Does not belong here: the rows (store/ledger.py), the sending
(run/sender.py, channel/), the clock and the dice: `now` and `chance` are arguments.

The one rule that the table is built round: once a row was ARMED on the customers' lane, nothing but the provider's own word or
a person's leads back to being armed again (P3). A provider's word is also its promise to dedupe on our key: while that lasts, a
row whose fate is unknown is *doubted* and goes again under the same key; when it ends, the row is `in_doubt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Final

from sentinel.deliver.outcome import Broken, Down, Limited, Poisoned, Waits
from sentinel.model.delivery import Accepted, Failed, Lane, State, Unknown

FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=5)
LONGEST_ASKED: Final = timedelta(minutes=15)
"""The most that a provider's Retry-After is honoured for; one asked us to come back in ten years."""
MOST_ATTEMPTS: Final = 40
"""With the waits above, about an hour and a half: a provider that is away for half an hour loses nothing."""
MOST_POISONED: Final = 3
"""A row that cannot even be made into a message is not tried longer."""
LIMITED_FOR: Final = 30.0
"""Seconds that a provider is left alone that limits our rate and does not say for how long."""
TRUSTED: Final = 0.9
"""The part of the time for which a provider dedupes on our key that is relied on: the rest is for its clock and ours."""
ONCE: Final = frozenset({Lane.CUSTOMERS})
"""Lanes on which nobody gets the same thing twice (P3). On the others once too often is better than never (P1)."""


class Event(StrEnum):
    """What can happen to a delivery. `disprove`, `revive` and `redraft` are a person's; all others are the machine's."""

    CLAIM = "claim"
    RELEASE = "release"
    ARM = "arm"
    ACCEPT = "accept"
    FAIL = "fail"
    REJECT = "reject"
    GIVE_UP = "give_up"
    DOUBT = "doubt"
    PROVE = "prove"
    DISPROVE = "disprove"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    SUPPRESS = "suppress"
    REDRAFT = "redraft"
    REVIVE = "revive"
    AGAIN = "again"
    UNPROVEN = "unproven"
    LOST_STAFF = "lost_staff"
    LOST_CUSTOMERS = "lost_customers"
    LOST_DEDUPED = "lost_deduped"


MEANING: Final[Mapping[Event, str]] = MappingProxyType(
    {
        Event.CLAIM: "a sender takes the row, with a lease and the next fence",
        Event.RELEASE: "it gives the row back unsent: it stops, its channel pauses, or a gate said no",
        Event.ARM: "on disk before the effect can happen; the gates are asked once more",
        Event.ACCEPT: "the provider's final reply was yes",
        Event.FAIL: "nothing was taken, and it is worth another try (on the staff lane doubt counts as this)",
        Event.REJECT: "nothing was taken, and another try is of no use",
        Event.GIVE_UP: "nothing was taken, and the tries are spent",
        Event.DOUBT: "the connection broke after the point of no return",
        Event.PROVE: "late proof: the provider's word, or a person's, that it arrived",
        Event.DISPROVE: "a person says that it did not arrive",
        Event.HOLD: "it waits for something that is not a time: a channel that the config lost, the end of a drill",
        Event.RESUME: "what it waited for is there",
        Event.CANCEL: "its notice is void, cancelled or past its time",
        Event.SUPPRESS: "the person must not be sent to after all",
        Event.REDRAFT: "a person approved a new draft of the same step; this one never went out",
        Event.REVIVE: "a person asks for one more round of tries",
        Event.AGAIN: "its fate is unknown, and its provider dedupes on our key: the same key goes again",
        Event.UNPROVEN: "an earlier try may have arrived, and there will be no other: its notice ended, its tries are spent, "
        "or its provider dedupes on our key no longer",
        Event.LOST_STAFF: "its sender crashed or its lease ran out, on any lane but the customers'",
        Event.LOST_CUSTOMERS: "its sender crashed or its lease ran out, on the customers' lane",
        Event.LOST_DEDUPED: "the same, where its provider dedupes on our key",
    }
)

BY_PERSON: Final = frozenset({Event.DISPROVE, Event.REVIVE, Event.REDRAFT})
AT_REST: Final = frozenset({State.ACCEPTED, State.REJECTED, State.SUPPRESSED, State.CANCELLED, State.IN_DOUBT, State.DEAD})

MOVES: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.QUEUED, Event.CLAIM): State.CLAIMED,
        (State.QUEUED, Event.HOLD): State.HELD,
        (State.QUEUED, Event.CANCEL): State.CANCELLED,
        (State.QUEUED, Event.SUPPRESS): State.SUPPRESSED,
        (State.QUEUED, Event.PROVE): State.ACCEPTED,
        (State.QUEUED, Event.UNPROVEN): State.IN_DOUBT,
        (State.CLAIMED, Event.ARM): State.ARMED,
        (State.CLAIMED, Event.RELEASE): State.QUEUED,
        (State.CLAIMED, Event.FAIL): State.RETRY,
        (State.CLAIMED, Event.REJECT): State.REJECTED,
        (State.CLAIMED, Event.GIVE_UP): State.DEAD,
        (State.CLAIMED, Event.HOLD): State.HELD,
        (State.CLAIMED, Event.CANCEL): State.CANCELLED,
        (State.CLAIMED, Event.SUPPRESS): State.SUPPRESSED,
        (State.CLAIMED, Event.UNPROVEN): State.IN_DOUBT,
        (State.CLAIMED, Event.PROVE): State.ACCEPTED,
        (State.CLAIMED, Event.LOST_STAFF): State.QUEUED,
        (State.CLAIMED, Event.LOST_CUSTOMERS): State.QUEUED,
        (State.CLAIMED, Event.LOST_DEDUPED): State.QUEUED,
        (State.ARMED, Event.ACCEPT): State.ACCEPTED,
        (State.ARMED, Event.FAIL): State.RETRY,
        (State.ARMED, Event.REJECT): State.REJECTED,
        (State.ARMED, Event.GIVE_UP): State.DEAD,
        (State.ARMED, Event.DOUBT): State.IN_DOUBT,
        (State.ARMED, Event.AGAIN): State.RETRY,
        (State.ARMED, Event.PROVE): State.ACCEPTED,
        (State.ARMED, Event.LOST_STAFF): State.QUEUED,
        (State.ARMED, Event.LOST_CUSTOMERS): State.IN_DOUBT,
        (State.ARMED, Event.LOST_DEDUPED): State.QUEUED,
        (State.RETRY, Event.CLAIM): State.CLAIMED,
        (State.RETRY, Event.HOLD): State.HELD,
        (State.RETRY, Event.CANCEL): State.CANCELLED,
        (State.RETRY, Event.SUPPRESS): State.SUPPRESSED,
        (State.RETRY, Event.PROVE): State.ACCEPTED,
        (State.RETRY, Event.UNPROVEN): State.IN_DOUBT,
        (State.HELD, Event.RESUME): State.QUEUED,
        (State.HELD, Event.CANCEL): State.CANCELLED,
        (State.HELD, Event.SUPPRESS): State.SUPPRESSED,
        (State.HELD, Event.PROVE): State.ACCEPTED,
        (State.HELD, Event.UNPROVEN): State.IN_DOUBT,
        (State.CANCELLED, Event.REDRAFT): State.QUEUED,
        (State.IN_DOUBT, Event.PROVE): State.ACCEPTED,
        (State.IN_DOUBT, Event.DISPROVE): State.QUEUED,
        (State.DEAD, Event.REVIVE): State.QUEUED,
    }
)


class NoSuchMove(Exception):
    """An event that cannot happen in that state: a mistake of ours, never a provider's."""


def move(state: State, event: Event) -> State:
    """Where `event` leads from `state`. Raises NoSuchMove."""
    try:
        return MOVES[state, event]
    except KeyError:
        raise NoSuchMove(f"{event.value} cannot happen to a delivery that is {state.value}") from None


def lost(lane: Lane, dedupes: bool = False) -> Event:
    """The event of a sender that is gone: staff are told twice rather than never, customers never twice (P1, P3).

    `dedupes`: the row's provider takes a second message with our key for the first, and will for a while yet.
    """
    if lane not in ONCE:
        return Event.LOST_STAFF
    return Event.LOST_DEDUPED if dedupes else Event.LOST_CUSTOMERS


def trusted(window: timedelta) -> timedelta:
    """For how long after its first arming a row may go again, where the provider dedupes on our key for `window`."""
    return window * TRUSTED


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th try in vain: exponential with full jitter. `chance` is from [0, 1]."""
    doublings = min(max(attempts, 1) - 1, 32)
    longest: timedelta = min(FIRST_WAIT * 2.0**doublings, LONGEST_WAIT)
    return longest * chance


def asked(after: float) -> timedelta:
    """What a provider's Retry-After of `after` seconds amounts to: honoured, and capped at 15 minutes."""
    longest = LONGEST_ASKED.total_seconds()
    return timedelta(seconds=min(max(after, 0.0), longest) if isfinite(after) else longest)


def rest(met: Down | Unknown, downs: int, chance: float) -> timedelta:
    """How long the channel as a whole is left alone that is down, or leaves us unsure, for the `downs`-th time on end.

    What it asks for and a little more by chance, so that not everybody comes back in the same instant; else as `backoff`.
    """
    if isinstance(met, Unknown):
        return backoff(downs, chance)
    after = LIMITED_FOR if met.after is None and isinstance(met, Limited) else met.after
    if after is None:
        return backoff(downs, chance)
    return min(asked(after) + FIRST_WAIT * chance, LONGEST_ASKED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try at a row, as far as what follows from it goes.

    `attempts` counts the tries before this one. `dedupes`: the provider takes the same key twice for one. `doubted`: an earlier
    try may have arrived already.
    """

    lane: Lane
    state: State
    attempts: int = 0
    dedupes: bool = False
    doubted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Next:
    """Where a delivery goes. `attempts` is its new count; `due_at` is set when it is to be tried again; `doubted`: this try
    may have arrived."""

    state: State
    attempts: int
    due_at: datetime | None = None
    detail: str = ""
    ref: str = ""
    doubted: bool = False


def after_failure(tried: Attempt, failed: Failed, now: datetime, chance: float, most: int = MOST_ATTEMPTS) -> Next:
    """What a failure leads to, from `claimed` or `armed`.

    A provider that says when to come back burns no try; then the wait is its own. Nor does one that is broken as a whole: no
    row is at fault, and none goes until it is mended. `most` tries in vain and it is dead.
    """
    count = tried.attempts + 1
    if isinstance(failed, Waits):
        return Next(state=move(tried.state, Event.HOLD), attempts=tried.attempts, detail=failed.reason)
    if isinstance(failed, Broken):
        return Next(state=move(tried.state, Event.FAIL), attempts=tried.attempts, due_at=now, detail=failed.reason)
    if failed.permanent:
        return Next(state=move(tried.state, Event.REJECT), attempts=count, detail=failed.reason)
    if failed.after is not None or isinstance(failed, Limited):
        wait = asked(LIMITED_FOR if failed.after is None else failed.after)
        return Next(state=move(tried.state, Event.FAIL), attempts=tried.attempts, due_at=now + wait, detail=failed.reason)
    if count >= most:
        return _give_up(tried, count, failed.reason)
    due_at = now + backoff(count, chance)
    return Next(state=move(tried.state, Event.FAIL), attempts=count, due_at=due_at, detail=failed.reason)


def _give_up(tried: Attempt, count: int, reason: str) -> Next:
    """The tries are spent. Of one that an earlier try may have brought there nobody can say that it is dead."""
    unproven = Event.DOUBT if tried.state is State.ARMED else Event.UNPROVEN
    event = unproven if tried.doubted and tried.lane in ONCE else Event.GIVE_UP
    return Next(state=move(tried.state, event), attempts=count, detail=reason)


def after_outcome(tried: Attempt, outcome: Accepted | Failed | Unknown, now: datetime, chance: float) -> Next:
    """What the outcome of a try leads to. An unknown fate is a doubt for customers, and one more try for staff."""
    match outcome:
        case Accepted():
            return Next(state=move(tried.state, Event.ACCEPT), attempts=tried.attempts + 1, ref=outcome.ref)
        case Poisoned():
            return after_failure(tried, outcome, now, chance, MOST_POISONED)
        case Failed():
            return after_failure(tried, outcome, now, chance)
        case Unknown() if tried.lane not in ONCE:
            then = after_failure(tried, Failed(reason=outcome.reason), now, chance)
            return replace(then, doubted=True)
        case Unknown() if tried.state is State.CLAIMED:  # its channel sent it without asking
            return Next(state=move(tried.state, Event.UNPROVEN), attempts=tried.attempts + 1, detail=outcome.reason)
        case Unknown() if tried.dedupes and tried.attempts + 1 < MOST_ATTEMPTS:
            count = tried.attempts + 1
            due_at = now + backoff(count, chance)
            again = move(tried.state, Event.AGAIN)
            return Next(state=again, attempts=count, due_at=due_at, detail=outcome.reason, doubted=True)
        case Unknown():
            return Next(state=move(tried.state, Event.DOUBT), attempts=tried.attempts + 1, detail=outcome.reason)


def table() -> str:
    """The table of moves as Markdown, for docs/reference/ledger.md: a row a move, in the order above."""
    rows = [f"| {state.value} | {event.value} | {to.value} | {MEANING[event]} |" for (state, event), to in MOVES.items()]
    return "\n".join(["| in | happens | becomes | which means |", "|---|---|---|---|", *rows])


def diagram() -> str:
    """The same as a Mermaid state diagram: one arrow for each pair of states, named by the events that take it."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), to in MOVES.items():
        arrows.setdefault((state, to), []).append(event.value)
    lines = [f"    {state.value} --> {to.value}: {', '.join(events)}" for (state, to), events in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> queued", "    [*] --> suppressed", *lines])
