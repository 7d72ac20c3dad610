"""News: what the latest entry of a timeline means to the desk, in one line in the desk's language.

Belongs here: staff's wording of changes. Does not belong here: what customers read (templates/), the brief around it.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sentinel.model.incident import (
    Declared,
    EtaSet,
    EtaUnknown,
    Phase,
    PhaseSet,
    Recovering,
    RecoveryBroken,
    Reopened,
    Said,
    SignalJoined,
)
from sentinel.notify.language import base, due

_EN: Mapping[str, str] = {
    "recovering": "answers again since {at}; it counts as over {until} if it lasts",
    "broken": "failed again before it counted as over",
    "confirmed": "confirmed, a second check sees it too",
    "joined": "more of it fails",
    "declared": "{who} says that customers feel more of it",
    "eta": "{who} expects it back by {at}",
    "eta_vendor": "{who} says that {vendor} expects it back by {at}",
    "eta_unknown": "{who} says that nobody can name a time",
    "reopened": "it is open again",
    "investigating": "confirmed, being looked into",
    "identified": "the cause is known",
    "monitoring": "a fix is in place and is being watched",
    "phase": "the phase is now {phase}",
}
_ES: Mapping[str, str] = {
    "recovering": "responde de nuevo desde {at}; se dará por terminado {until} si sigue así",
    "broken": "ha vuelto a fallar antes de darse por terminado",
    "confirmed": "confirmado, una segunda comprobación también lo ve",
    "joined": "falla algo más",
    "declared": "{who} dice que los clientes notan algo más",
    "eta": "{who} prevé tenerlo resuelto {at}",
    "eta_vendor": "{who} dice que {vendor} prevé tenerlo resuelto {at}",
    "eta_unknown": "{who} dice que nadie puede dar una hora",
    "reopened": "está abierto de nuevo",
    "investigating": "confirmado, se está investigando",
    "identified": "se conoce la causa",
    "monitoring": "hay una solución puesta y se está vigilando",
    "phase": "la fase es ahora {phase}",
}
_TABLES = {"en": _EN, "es": _ES}


def news(said: Said, who: str, *, zone: str, language: str, now: datetime, confirms: bool = False) -> str:
    """One line without a full stop; "" for an entry that is no news. A language without a table gets English.

    `confirms`: the entry is what turned a suspicion into an incident.
    """
    table = _TABLES.get(base(language), _EN)

    def at(instant: datetime) -> str:
        reader = ZoneInfo(zone)
        return due(instant.astimezone(reader), now.astimezone(reader).date(), language)

    match said:
        case Recovering():
            return table["recovering"].format(at=at(said.recovered_at), until=at(said.hold_until))
        case RecoveryBroken():
            return table["broken"]
        case SignalJoined():
            return table["confirmed" if confirms else "joined"]
        case Declared():
            return table["declared"].format(who=who)
        case EtaSet():
            by = table["eta_vendor"] if said.vendor else table["eta"]
            return by.format(who=who, vendor=said.vendor, at=at(said.until))
        case EtaUnknown():
            return table["eta_unknown"].format(who=who)
        case Reopened():
            return table["reopened"]
        case PhaseSet():
            known = {Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING}
            return table[said.phase.value] if said.phase in known else table["phase"].format(phase=said.phase.value)
        case _:
            return ""
