"""Points at which the hub is killed, and strata: the states that a kill must have hit for a run to prove anything.

Belongs here: their names and the judgement, from the database file as it lay right after the kill, which strata were hit.
Does not belong here: getting to a point (run.py, trap.py), reading the file (truth.py).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bench.chaos.truth import Truth
from sentinel.demo.mishap import Step


class Point(StrEnum):
    """What the kill waits for. `*_offset` wait for a chance moment, the others for something that really happens."""

    OPENING_OFFSET = "opening, at a chance moment after it broke"
    OPENING_SLACK_ASKED = "opening, Slack has been asked and has nothing"
    OPENING_SLACK_KEPT = "opening, Slack has it and has not answered"
    OPENING_DESK_ASKED = "opening, the desk's first mail is in and lost"
    OPENING_DESK_KEPT = "opening, the desk's first mail is kept, not answered"
    APPROVING = "approving, 0 to 30 ms after the form was sent"
    APPROVED = "approving, the approval has just come to lie on disk"
    QUEUED = "queued, on hold"
    CLAIMED = "claimed, at the connection"
    MAIL = "in the dialogue, at MAIL"
    RCPT = "in the dialogue, at RCPT"
    DATA = "armed, at DATA and before any body"
    ARRIVED = "after the dot, the sink loses it"
    TAKEN = "after the dot, the sink keeps it and does not answer"
    REPLIED = "accepted, the reply is out and not yet committed"
    RECOVERING = "closing, at a chance moment after it healed"
    RESOLVED = "closing, the incident has just ended on disk"
    CLOSING_RCPT = "closing, the first mail at RCPT"
    CLOSING_DATA = "closing, the first mail at DATA"
    CLOSING_TAKEN = "closing, the first mail is kept, not answered"


class Stratum(StrEnum):
    """A state that the hub is to be killed in, twice or more in a full run."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    ARMED = "armed"
    DIALOGUE = "in the dialogue"
    DOT_LOST = "after the dot, lost"
    DOT_KEPT = "after the dot, kept"
    ACCEPTED = "accepted"
    OPENING = "opening"
    APPROVING = "approving"
    CLOSING = "closing"


OPENING: Final = frozenset(point for point in Point if point.value.startswith("opening"))
APPROVING: Final = frozenset({Point.APPROVING, Point.APPROVED})
CLOSING: Final = frozenset(point for point in Point if point.value.startswith("closing"))
WAVE: Final[Mapping[Point, Step]] = {
    Point.CLAIMED: Step.CONNECT,
    Point.MAIL: Step.MAIL,
    Point.RCPT: Step.RCPT,
    Point.DATA: Step.DATA,
    Point.ARRIVED: Step.ARRIVED,
    Point.TAKEN: Step.TAKEN,
    Point.REPLIED: Step.REPLIED,
}
"""Points in the middle of the opening's wave → the step of the conversation."""
FIRST_CLOSING: Final[Mapping[Point, Step]] = {
    Point.CLOSING_RCPT: Step.RCPT,
    Point.CLOSING_DATA: Step.DATA,
    Point.CLOSING_TAKEN: Step.TAKEN,
}
AIMS_AT: Final[Mapping[Point, Stratum]] = {
    **dict.fromkeys(OPENING, Stratum.OPENING),
    **dict.fromkeys(APPROVING, Stratum.APPROVING),
    **dict.fromkeys(CLOSING, Stratum.CLOSING),
    Point.QUEUED: Stratum.QUEUED,
    Point.CLAIMED: Stratum.CLAIMED,
    Point.MAIL: Stratum.DIALOGUE,
    Point.RCPT: Stratum.DIALOGUE,
    Point.DATA: Stratum.ARMED,
    Point.ARRIVED: Stratum.DOT_LOST,
    Point.TAKEN: Stratum.DOT_KEPT,
    Point.REPLIED: Stratum.ACCEPTED,
}
"""What each point is there to hit. Whether it did is for `hit` to say."""


def hit(point: Point, recipient: str, truth: Truth) -> frozenset[Stratum]:
    """The strata that a kill at `point` hit, in a conversation with `recipient` if any, with the file as `truth` found it.

    The file decides what lay where; the point only tells apart what the file cannot know: how far the other side had got.
    """
    found = (_of_conversation(point, recipient, truth), *_of_file(point, truth))
    return frozenset(stratum for stratum in found if stratum is not None)


def _of_conversation(point: Point, recipient: str, truth: Truth) -> Stratum | None:
    """Where the conversation stood, if the file agrees that its row may stand there."""
    step, mine = WAVE.get(point) or FIRST_CLOSING.get(point), truth.state_of(recipient)
    if step is Step.MAIL:
        return Stratum.DIALOGUE if truth.lies("claimed") else None
    if step is Step.RCPT:
        return Stratum.DIALOGUE if mine == "claimed" else None
    if step is Step.REPLIED:
        return Stratum.ACCEPTED if mine in ("armed", "accepted") else None
    at = {Step.DATA: Stratum.ARMED, Step.ARRIVED: Stratum.DOT_LOST, Step.TAKEN: Stratum.DOT_KEPT}
    return at.get(step) if step is not None and mine == "armed" else None


def _of_file(point: Point, truth: Truth) -> tuple[Stratum | None, ...]:
    waiting, claimed, armed = truth.lies("queued"), truth.lies("claimed"), truth.lies("armed")
    return (
        Stratum.QUEUED if waiting and not claimed and not armed else None,
        Stratum.CLAIMED if claimed and not armed else None,
        Stratum.OPENING if truth.is_opening else None,
        Stratum.APPROVING if point in APPROVING and truth.is_approving else None,
        Stratum.CLOSING if truth.is_closing else None,
    )
