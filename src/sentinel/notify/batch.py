"""The first batch: a few get a message before all the others, and how that went decides whether the rest goes too. What goes
well at first may go badly later, above all where bounces take minutes: what has gone out since is judged on.

Belongs here: the verdict, from counts. Does not belong here: who is in the batch (run/audience.py draws them), counting and
pausing (run/batches.py).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sentinel.model.limits import Guards
from sentinel.model.notice import Occasion

HALF = 50.0
"""Percent. Holding words go on below it: they leave minutes before a promise lapses, at night too, and nobody is there to look.
What most of the batch never got, nobody would get: then they stop as well, so that it can be mended and sent."""
LATER: Final = 4
"""First batches: as if at least so many had been sent, where it is judged on. That is asked in every round, and not once: a
list of which 3 % always bounce would stop by chance three times in ten; so it is one time in twelve."""


class Verdict(StrEnum):
    WAIT = "wait"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The counts of one first batch: how many got it, how many failed (refused, given up, in doubt, come back), and how many
    are still under way. Who was not sent to counts in none, nor does what our own stop left in doubt."""

    accepted: int = 0
    failed: int = 0
    under_way: int = 0

    @property
    def size(self) -> int:
        return self.accepted + self.failed + self.under_way


def tolerated(occasion: Occasion, guards: Guards) -> float:
    """The percentage of a batch that may fail."""
    return max(HALF, guards.pause_above) if occasion is Occasion.HOLDING else guards.pause_above


def judge(
    batch: Batch,
    occasion: Occasion,
    guards: Guards,
    began_at: datetime | None,
    now: datetime,
    went_at: datetime | None = None,
) -> Verdict:
    """Whether the rest may go. `began_at`: since when the batch could be sent, None: not yet. `went_at`: when the last of those
    went out that may yet come back to us, None: nothing can.

    Bad as soon as too many of the whole batch have failed; good as soon as it could not turn bad any more: what was taken may
    come back for `bounced_within`. (Holding words have no time for that.) After `judge_after`
    those who are at rest speak for the others, if they are at least half: one slow mailbox must not hold a hundred thousand.
    """
    share = tolerated(occasion, guards) / 100
    if batch.failed > share * batch.size:
        return Verdict.BAD
    if went_at is not None and now < went_at + guards.bounced_within and occasion is not Occasion.HOLDING:
        return Verdict.WAIT
    if batch.failed + batch.under_way <= share * batch.size or not batch.under_way:
        return Verdict.GOOD
    resting = batch.accepted + batch.failed
    in_time = began_at is None or now < began_at + guards.judge_after
    if in_time or 2 * resting < batch.size or batch.failed > share * resting:
        return Verdict.WAIT
    return Verdict.GOOD


def turns_bad(sent: int, failed: int, occasion: Occasion, guards: Guards) -> bool:
    """Whether the rest waits after all. `sent`: how many of it are at rest, the first batch too; `failed`: how many of
    them failed or came back since it was last let go on, by the verdict over its first batch or by a person."""
    return failed > tolerated(occasion, guards) / 100 * max(sent, LATER * guards.first_batch)


def why_stopped(sent: int, failed: int, occasion: Occasion, guards: Guards) -> str:
    """The same in words, for whoever decides."""
    return (
        f"{failed:,} of {sent:,} sent so far failed or came back since it went on; "
        f"more than {tolerated(occasion, guards):g} % stops the rest, until somebody has looked at why"
    )


def why_paused(batch: Batch, occasion: Occasion, guards: Guards) -> str:
    """In words for whoever decides."""
    return (
        f"{batch.failed} of the first {batch.size} failed; more than {tolerated(occasion, guards):g} % stops the rest, "
        "until somebody has looked at why"
    )
