"""The life of an incident as one table: (phase, event) → phase. The diagram in the docs is drawn from it.

Belongs here: which events there are and where each leads. Does not belong here: when they happen (decide.py, obey.py) and
which entry of a timeline is which event (fold.py). After h11's `_state.py`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sentinel.model.incident import Phase


class Event(StrEnum):
    """What moves an incident. The first five are the machine's, the others a person's; `reopened` is either's."""

    SIGNAL = "signal"
    """One check of one place says so."""
    SECOND_SIGNAL = "second_signal"
    """A second check, or a second place, says so too."""
    HELD = "held"
    """Everything has been good for as long as the recovery hold asks."""
    RECURRED = "recurred"
    """It broke again, and nobody had ever confirmed it."""
    REOPENED = "reopened"
    """It broke again after it was confirmed, or a person says that it was never over."""
    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    ENDED = "ended"
    """A person ends what no samples can end."""
    DISMISSED = "dismissed"
    """A person says that there was no disturbance."""
    REVIEWED = "reviewed"


MACHINE_EVENTS = (Event.SIGNAL, Event.SECOND_SIGNAL, Event.HELD, Event.RECURRED, Event.REOPENED)

PHASES: Mapping[tuple[Phase | None, Event], Phase] = MappingProxyType(
    {
        (None, Event.SIGNAL): Phase.SUSPECTED,
        (None, Event.DECLARED): Phase.INVESTIGATING,
        (Phase.SUSPECTED, Event.SECOND_SIGNAL): Phase.INVESTIGATING,
        (Phase.SUSPECTED, Event.DECLARED): Phase.INVESTIGATING,
        (Phase.SUSPECTED, Event.ACKNOWLEDGED): Phase.INVESTIGATING,
        (Phase.SUSPECTED, Event.INVESTIGATING): Phase.INVESTIGATING,
        (Phase.SUSPECTED, Event.IDENTIFIED): Phase.IDENTIFIED,
        (Phase.SUSPECTED, Event.MONITORING): Phase.MONITORING,
        (Phase.SUSPECTED, Event.HELD): Phase.RESOLVED,
        (Phase.SUSPECTED, Event.ENDED): Phase.RESOLVED,
        (Phase.SUSPECTED, Event.DISMISSED): Phase.DISMISSED,
        (Phase.INVESTIGATING, Event.SECOND_SIGNAL): Phase.INVESTIGATING,
        (Phase.INVESTIGATING, Event.DECLARED): Phase.INVESTIGATING,
        (Phase.INVESTIGATING, Event.ACKNOWLEDGED): Phase.INVESTIGATING,
        (Phase.INVESTIGATING, Event.IDENTIFIED): Phase.IDENTIFIED,
        (Phase.INVESTIGATING, Event.MONITORING): Phase.MONITORING,
        (Phase.INVESTIGATING, Event.HELD): Phase.RESOLVED,
        (Phase.INVESTIGATING, Event.ENDED): Phase.RESOLVED,
        (Phase.INVESTIGATING, Event.DISMISSED): Phase.DISMISSED,
        (Phase.IDENTIFIED, Event.SECOND_SIGNAL): Phase.IDENTIFIED,
        (Phase.IDENTIFIED, Event.DECLARED): Phase.IDENTIFIED,
        (Phase.IDENTIFIED, Event.ACKNOWLEDGED): Phase.IDENTIFIED,
        (Phase.IDENTIFIED, Event.INVESTIGATING): Phase.INVESTIGATING,
        (Phase.IDENTIFIED, Event.IDENTIFIED): Phase.IDENTIFIED,
        (Phase.IDENTIFIED, Event.MONITORING): Phase.MONITORING,
        (Phase.IDENTIFIED, Event.HELD): Phase.RESOLVED,
        (Phase.IDENTIFIED, Event.ENDED): Phase.RESOLVED,
        (Phase.IDENTIFIED, Event.DISMISSED): Phase.DISMISSED,
        (Phase.MONITORING, Event.SECOND_SIGNAL): Phase.MONITORING,
        (Phase.MONITORING, Event.DECLARED): Phase.MONITORING,
        (Phase.MONITORING, Event.ACKNOWLEDGED): Phase.MONITORING,
        (Phase.MONITORING, Event.INVESTIGATING): Phase.INVESTIGATING,
        (Phase.MONITORING, Event.IDENTIFIED): Phase.IDENTIFIED,
        (Phase.MONITORING, Event.MONITORING): Phase.MONITORING,
        (Phase.MONITORING, Event.HELD): Phase.RESOLVED,
        (Phase.MONITORING, Event.ENDED): Phase.RESOLVED,
        (Phase.MONITORING, Event.DISMISSED): Phase.DISMISSED,
        (Phase.RESOLVED, Event.REVIEWED): Phase.REVIEWED,
        (Phase.RESOLVED, Event.RECURRED): Phase.SUSPECTED,
        (Phase.RESOLVED, Event.REOPENED): Phase.INVESTIGATING,
        (Phase.REVIEWED, Event.REOPENED): Phase.INVESTIGATING,
        (Phase.DISMISSED, Event.REOPENED): Phase.INVESTIGATING,
    }
)
"""A pair that is not here does not happen. `None` is before the incident is."""

SET_BY_HAND: Mapping[Phase, Event] = MappingProxyType(
    {
        Phase.INVESTIGATING: Event.INVESTIGATING,
        Phase.IDENTIFIED: Event.IDENTIFIED,
        Phase.MONITORING: Event.MONITORING,
        Phase.REVIEWED: Event.REVIEWED,
    }
)
"""The phases that a person may set as such, each with its event. The others come of what is said, not by being set."""


def move(phase: Phase | None, event: Event) -> Phase | None:
    """Where `event` leads from `phase`, or None if the table has no such pair."""
    return PHASES.get((phase, event))


def diagram() -> str:
    """The table as a Mermaid state diagram, without the events that leave a phase as it is."""
    arrows: dict[tuple[Phase | None, Phase], list[str]] = {}
    for (phase, event), after in PHASES.items():
        if phase is not after:
            arrows.setdefault((phase, after), []).append(event.value)
    lines = [f"    {phase or '[*]'} --> {after}: {', '.join(events)}" for (phase, after), events in arrows.items()]
    return "\n".join(("stateDiagram-v2", *lines))


def page() -> str:
    """docs/explanation/phases.md, whole. A test holds the file equal to this."""
    rows = [
        f"| {phase or '(none)'} | {event} | {_whose(phase, event)} | {after}{' (stays)' if phase is after else ''} |"
        for (phase, event), after in PHASES.items()
    ]
    return "\n".join((_INTRODUCTION, "```mermaid", diagram(), "```", "", _TABLE, *rows, "", _RULES))


def _whose(phase: Phase | None, event: Event) -> str:
    if event is Event.REOPENED:
        return "the machine or a person" if phase is Phase.RESOLVED else "a person"
    return "the machine" if event in MACHINE_EVENTS else "a person"


_INTRODUCTION = """# The phases of an incident

Drawn from the table in `src/sentinel/incident/phases.py`. To write this page anew:
`python -c "from sentinel.incident.phases import page; print(page(), end='')" > docs/explanation/phases.md`
"""

_TABLE = """A pair that is not in this table does not happen: a command that asks for it is refused.

| phase | event | whose | leads to |
|---|---|---|---|"""

_RULES = """* **suspected**: one check of one place alone says so. A second check, a second place or a person makes it
  **investigating**.
* The recovery hold is not a phase but a timer of its own: every signal has cleared, and all stays good until the hold is
  over (`held`). A failure during the hold breaks it; the phase stays what it was. A person's **monitoring** is a word and
  ends nothing.
* An incident that no signal was ever part of, or whose declared statements no check has borne out, ends by a person (`ended`).
* The machine reopens **resolved** incidents only. What a person dismissed or reviewed stays so until a person says otherwise.
"""
