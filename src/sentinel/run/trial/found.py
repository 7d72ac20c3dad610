"""Found: what is so at one instant of a test: signals that stand, the newest incident, what was said and is about to be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from sentinel.model.incident import Incident
from sentinel.model.notice import Brief, Notice, NoticeState, Occasion, Quoted, Towards
from sentinel.model.observation import Fact as Fact
from sentinel.model.service import Impact
from sentinel.model.signal import Signal
from sentinel.notify.facts import Facts
from sentinel.notify.parts import FORMS
from sentinel.notify.plain import SAMPLE_NAME
from sentinel.notify.slots import preview, values
from sentinel.run import timeline
from sentinel.run.facts import felt
from sentinel.run.world import World
from sentinel.store import codec, incidents, notices, watching

MOST: Final = 50
_GONE: Final = (NoticeState.VOID, NoticeState.CANCELLED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One message, or one draft. `words`: language → all of its forms as they would be read."""

    occasion: Occasion
    made_at: datetime
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """`quoted`: what the newest draft says of the world; None where none waits."""

    signals: tuple[Signal, ...]
    incident: Incident | None
    impact: Impact | None
    staff: tuple[Said, ...]
    customers: tuple[Said, ...]
    quoted: Quoted | None


def at(c: Connection, world: World, now: datetime) -> Found:
    """What a store holds at `now`."""
    numbers = sorted(incidents.all_ids(c, MOST))
    told = [notice for number in numbers for notice in notices.of_incident(c, number)]
    staff = [one for one in told if one.towards is Towards.STAFF]
    drafts = [one for one in told if one.towards is Towards.CUSTOMERS and one.state not in _GONE and one.void_at is None]
    incident = timeline.fold_of(c, numbers[-1]) if numbers else None
    statements = felt(world, incident) if incident is not None else ()
    last = notices.draft_of(c, drafts[-1].id) if drafts else None
    return Found(
        signals=tuple(one for one in watching.signals_since(c, now) if one.stands),
        incident=incident,
        impact=statements[0].impact if statements else None,
        staff=tuple(_to_staff(c, world, one) for one in sorted(staff, key=lambda one: one.id)),
        customers=tuple(_to_customers(c, world, one) for one in sorted(drafts, key=lambda one: one.id)),
        quoted=None if last is None else last[0].quoted,
    )


def _to_staff(c: Connection, world: World, notice: Notice) -> Said:
    brief = notices.brief_of(c, notice.id)
    words = {} if brief is None else dict.fromkeys(world.installation.languages[:1], _text(brief))
    return Said(occasion=notice.occasion, made_at=notice.made_at, words=words)


def _text(brief: Brief) -> str:
    return "\n".join(_strings(asdict(brief)))


def _strings(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for one in value.values() for text in _strings(one)]
        case list() | tuple():
            return [text for one in value for text in _strings(one)]
    return []


def _to_customers(c: Connection, world: World, notice: Notice) -> Said:
    """As Ana Ortiz would read it, on the installation's clock."""
    stored = notices.draft_of(c, notice.id) or notices.approval_of(c, notice.id)
    words: dict[str, str] = {}
    if stored is not None:
        facts = codec.from_text(Facts, stored[1])
        for body in stored[0].bodies:
            filling = values(facts, body.language, world.installation.zone, SAMPLE_NAME)
            words[body.language] = "\n".join(preview(getattr(body, form), filling) for form in FORMS)
    return Said(occasion=notice.occasion, made_at=notice.made_at, words=words)
