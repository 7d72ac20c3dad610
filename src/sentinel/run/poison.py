"""What breaks us stops nobody else: work on one thing runs in a savepoint of its own, and what fails is set aside and shown.

Belongs here: that boundary, and when what was set aside is tried again. Trouble of the store is nobody's fault and passes
through: the whole transaction is tried again then. Does not belong here: rows of probers (intake.py), messages (outlet.py).
"""

import logging
import traceback
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.store import quarantine
from sentinel.store.trouble import trouble_of

MOST: Final = 3
"""Tries in a row; after these it is shown to staff, and tried only now and then."""
AGAIN: Final = timedelta(minutes=1)
INCIDENT: Final = "incident"
NOTICE: Final = "notice"
TIMELINE: Final = "timeline"
SAYING: Final = "saying"
"""What the machine has to say of one incident; of a new one, by numbers below 0."""
DECISIONS: Final = "decisions"
HEARTBEATS: Final = "heartbeats"
FAILOVER: Final = "failover"
PLACES: Final = "places"
HOOKS: Final = "hooks"
GRADES: Final = "grades"
CONTACTS: Final = "contacts"
WHAT: Final = {
    INCIDENT: "incident",
    NOTICE: "message",
    TIMELINE: "timeline of incident",
    SAYING: "what is to be said of incident",
    DECISIONS: "what follows from the signals, step",
    HEARTBEATS: "overdue heartbeats, step",
    FAILOVER: "fail-over of staff's messages, step",
    CONTACTS: "callers that are too many, step",
    PLACES: "places that cannot be asked, step",
    HOOKS: "tools that went silent, step",
    GRADES: "the graded estimates of incident",
}
"""Each of them in words, before its number."""
STANDS: Final = timedelta(minutes=10)
"""What is still tried is tried again within that time."""

log = logging.getLogger(__name__)


def each(
    c: Connection,
    source: str,
    numbers: Iterable[int],
    work: Callable[[int], object],
    now: datetime,
    touched: Collection[int] = (),
) -> None:
    """Do `work` for each of `numbers`, whatever becomes of the others. What has broken often waits a minute between its tries;
    what a person has just `touched` does not."""
    known = quarantine.of(c, source)
    for number in numbers:
        aside = known.get(number)
        if aside is not None and aside.tries >= MOST and now - aside.tried_at < AGAIN and number not in touched:
            continue
        why = attempt(c, lambda number=number: work(number))  # type: ignore[misc]  # a default that binds
        if why:
            _put_aside(c, source, number, why, now, aside)
        elif aside is not None:
            quarantine.clear(c, source, number)
            log.info("%s %d is seen to again", source, number)


def _put_aside(c: Connection, source: str, number: int, why: str, now: datetime, aside: quarantine.Aside | None) -> None:
    if aside is not None and aside.tries >= MOST and now - aside.tried_at < AGAIN:
        return  # what is tried in every round is written down and logged no more often than the rest
    tries = quarantine.put(c, source, number, why, now)
    log.error("%s %d could not be seen to (try %d), and is left aside: %s", source, number, tries, why)


def step(c: Connection, source: str, work: Callable[[], object], now: datetime) -> None:
    """Do one step of a round, in every round. What breaks it stops no other step."""
    each(c, source, (0,), lambda _: work(), now, touched=(0,))


def standing(c: Connection, now: datetime) -> tuple[str, ...]:
    """What is left aside and still breaks us, in words, for staff."""
    found = quarantine.lately(c, tuple(WHAT), MOST, now - STANDS)
    return tuple(f"{WHAT[one.source]} {one.number} ({one.why})" for one in found)


def attempt(c: Connection, work: Callable[[], object]) -> str:
    """Do it in a savepoint of its own. Why it broke, empty if it did not. Raises only trouble of the store."""
    try:
        with c.begin_nested():
            work()
    except Exception as error:
        if trouble_of(error) is not None:
            raise
        return where(error)
    return ""


def where(error: Exception) -> str:
    """What broke and where; never what the error says: that may name a customer."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {last[0].filename.rpartition('/sentinel/')[2]}:{last[0].lineno}" if last else ""
    return f"{type(error).__name__}{place}"
