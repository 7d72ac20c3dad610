"""The life of one delivery: the table of moves, how long to wait before the next try, and what an outcome leads to.

Belongs here: every decision about a row of the ledger. Does not belong here: the rows (store/ledger.py), the sending
(run/sender.py, channel/), the clock and the dice: `now` and `chance` are arguments.

The one rule that the table is built round: once a row was ARMED on the customers' lane, nothing but the provider's own word or
a person's leads back to being armed again (P3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Final

from sentinel.deliver.outcome import Poisoned
from sentinel.model.delivery import Accepted, Failed, Lane, State, Unknown

FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=5)
LONGEST_ASKED: Final = timedelta(minutes=15)
"""The most that a provider's Retry-After is honoured for; one asked us to come back in ten years."""
MOST_ATTEMPTS: Final = 40
"""With the waits above, about an hour and a half: a provider that is away for half an hour loses nothing."""
MOST_POISONED: Final = 3
"""A row that cannot even be made into a message is not tried longer."""


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
    LOST_STAFF = "lost_staff"
    LOST_CUSTOMERS = "lost_customers"


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
        Event.HOLD: "it waits for something that is not a time: quiet hours, a channel that the config lost",
        Event.RESUME: "what it waited for is there",
        Event.CANCEL: "its notice is void, cancelled or past its time",
        Event.SUPPRESS: "the person must not be sent to after all",
        Event.REDRAFT: "a person approved a new draft of the same step; this one never went out",
        Event.REVIVE: "a person asks for one more round of tries",
        Event.LOST_STAFF: "its sender crashed or its lease ran out, on the staff lane",
        Event.LOST_CUSTOMERS: "its sender crashed or its lease ran out, on the customers' lane",
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
        (State.CLAIMED, Event.ARM): State.ARMED,
        (State.CLAIMED, Event.RELEASE): State.QUEUED,
        (State.CLAIMED, Event.FAIL): State.RETRY,
        (State.CLAIMED, Event.REJECT): State.REJECTED,
        (State.CLAIMED, Event.GIVE_UP): State.DEAD,
        (State.CLAIMED, Event.CANCEL): State.CANCELLED,
        (State.CLAIMED, Event.LOST_STAFF): State.QUEUED,
        (State.CLAIMED, Event.LOST_CUSTOMERS): State.QUEUED,
        (State.ARMED, Event.ACCEPT): State.ACCEPTED,
        (State.ARMED, Event.FAIL): State.RETRY,
        (State.ARMED, Event.REJECT): State.REJECTED,
        (State.ARMED, Event.GIVE_UP): State.DEAD,
        (State.ARMED, Event.DOUBT): State.IN_DOUBT,
        (State.ARMED, Event.LOST_STAFF): State.QUEUED,
        (State.ARMED, Event.LOST_CUSTOMERS): State.IN_DOUBT,
        (State.RETRY, Event.CLAIM): State.CLAIMED,
        (State.RETRY, Event.HOLD): State.HELD,
        (State.RETRY, Event.CANCEL): State.CANCELLED,
        (State.RETRY, Event.SUPPRESS): State.SUPPRESSED,
        (State.HELD, Event.RESUME): State.QUEUED,
        (State.HELD, Event.CANCEL): State.CANCELLED,
        (State.HELD, Event.SUPPRESS): State.SUPPRESSED,
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


def lost(lane: Lane) -> Event:
    """The event of a sender that is gone: staff are told twice rather than never, customers never twice (P1, P3)."""
    return Event.LOST_STAFF if lane is Lane.STAFF else Event.LOST_CUSTOMERS


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th try in vain: exponential with full jitter. `chance` is from [0, 1]."""
    doublings = min(max(attempts, 1) - 1, 32)
    longest: timedelta = min(FIRST_WAIT * 2.0**doublings, LONGEST_WAIT)
    return longest * chance


def asked(after: float) -> timedelta:
    """What a provider's Retry-After of `after` seconds amounts to: honoured, and capped at 15 minutes."""
    longest = LONGEST_ASKED.total_seconds()
    return timedelta(seconds=min(max(after, 0.0), longest) if isfinite(after) else longest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Next:
    """Where a delivery goes. `attempts` is its new count; `due_at` is set when it is to be tried again."""

    state: State
    attempts: int
    due_at: datetime | None = None
    detail: str = ""
    ref: str = ""


def after_failure(state: State, attempts: int, failed: Failed, now: datetime, chance: float, most: int = MOST_ATTEMPTS) -> Next:
    """What a failure leads to, from `claimed` or `armed`. `attempts` counts the tries before this one.

    A provider that says when to come back burns no try; then the wait is its own. `most` tries in vain and it is dead.
    """
    if failed.permanent:
        return Next(state=move(state, Event.REJECT), attempts=attempts + 1, detail=failed.reason)
    if failed.after is not None:
        return Next(state=move(state, Event.FAIL), attempts=attempts, due_at=now + asked(failed.after), detail=failed.reason)
    tried = attempts + 1
    if tried >= most:
        return Next(state=move(state, Event.GIVE_UP), attempts=tried, detail=failed.reason)
    return Next(state=move(state, Event.FAIL), attempts=tried, due_at=now + backoff(tried, chance), detail=failed.reason)


def after_outcome(
    lane: Lane, state: State, attempts: int, outcome: Accepted | Failed | Unknown, now: datetime, chance: float
) -> Next:
    """What the outcome of a try leads to. An unknown fate is a doubt for customers, and one more try for staff."""
    match outcome:
        case Accepted():
            return Next(state=move(state, Event.ACCEPT), attempts=attempts + 1, ref=outcome.ref)
        case Poisoned():
            return after_failure(state, attempts, outcome, now, chance, MOST_POISONED)
        case Failed():
            return after_failure(state, attempts, outcome, now, chance)
        case Unknown() if lane is Lane.CUSTOMERS:
            return Next(state=move(state, Event.DOUBT), attempts=attempts + 1, detail=outcome.reason)
        case Unknown():
            return after_failure(state, attempts, Failed(reason=outcome.reason), now, chance)


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
