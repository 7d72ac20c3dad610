"""Own trouble: what of us is not as it should be, found from facts about ourselves, and when staff are to hear of it.

Belongs here: which facts make which trouble, and the patience before it is told and before it is over. Does not belong here:
gathering the facts (run/ownsigns.py), telling (run/ownherald.py), the self-audit's questions (audit.py).

A trouble's name is `kind` or `kind:which`. It is *present* while the facts say so, *raised* once it was present for long
enough, and over once it was absent for long enough: staff hear of a raised one once, and once of its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zlib import crc32

from sentinel.detect.place import Sight
from sentinel.model.trouble import Trouble

PATIENCE: Mapping[Trouble, tuple[float, float]] = {
    Trouble.PLACE_BLIND: (10.0, 20.0),
    Trouble.RESOLVER: (10.0, 20.0),
    Trouble.CANARIES_SILENT: (60.0, 10.0),
    Trouble.DISK_LOW: (0.0, 30.0),
    Trouble.STORE_AWAY: (10.0, 20.0),
    Trouble.STORE_SLOW: (10.0, 60.0),
    Trouble.PROBER: (30.0, 30.0),
    Trouble.CHANNEL: (0.0, 60.0),
    Trouble.CLOCK_JUMP: (0.0, 600.0),
    Trouble.AUDIT: (0.0, 60.0),
    Trouble.UNHEARD: (0.0, 10.0),
    Trouble.ASIDE: (0.0, 60.0),
    Trouble.RETURNS: (60.0, 30.0),
    Trouble.AGENT: (0.0, 10.0),
    Trouble.WARNING: (0.0, 3600.0),  # what flaps ends many times an hour, and is told once
}
"""Seconds that it must be present before it is raised, and absent before it is over."""

SLOW_STORE = 2.0
"""Seconds for one small write."""
SILENT_AGENT = 30.0
"""Seconds without a report after which an agent counts as lost."""
LONG_WAIT = 60.0
"""Seconds that a message to staff may wait for its channel."""
SHOWN = 3
"""Names in one line."""
JUMP = 30.0
"""Seconds by which the clock may be set in one look without our saying so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """What one process knows of itself at one moment; lengths in seconds.

    `store_why`: why the store could not be written at the last try, empty if it could. `free`: bytes on its disk, None where
    that cannot be told. `broken`: channel → why it takes nothing. `waiting`: channel of staff → how long its oldest message
    has waited. `canaries_age`: since the newest sample of a canary. `jumped`: by how much the clock was set since then.
    `unheard`: incidents of which no channel has taken the word. `aside`: what breaks us and is left aside. `full`: hook → why
    not all of its alerts are taken. `returns`: why mail that comes back does not reach us. `far`: another place → what its
    canaries say. `agents`: each that is to report → for how long it has said nothing, None where nobody can say. `warnings`:
    detector:check → what it warns of.
    """

    place: str
    sight: Sight = field(default_factory=Sight)
    canaries_age: float | None = None
    free: int | None = None
    reserve: int = 0
    store_why: str = ""
    store_took: float = 0.0
    prober_age: float | None = None
    broken: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, float] = field(default_factory=dict)
    jumped: float = 0.0
    audit: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    full: Mapping[str, str] = field(default_factory=dict)
    returns: str = ""
    far: Mapping[str, Sight] = field(default_factory=dict)
    agents: Mapping[str, float | None] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)


def present(signs: Signs) -> dict[str, str]:
    """Name → detail in plain words, of all that is not as it should be at this moment."""
    found: dict[str, str] = {}
    found |= _sight(signs)
    for place, sight in signs.far.items():
        found |= _blind(place, sight)
    for agent, silence in signs.agents.items():
        if silence is not None and silence > SILENT_AGENT:
            found[f"{Trouble.AGENT}:{agent}"] = (
                f"nothing is heard of the agent {agent}: what no other agent there sees counts as unknown; other places decide"
            )
    if signs.free is not None and signs.free < signs.reserve:
        found[Trouble.DISK_LOW] = (
            f"{_mega(signs.free)} of the store's disk are free, fewer than the reserve of {_mega(signs.reserve)}: "
            "messages to customers wait until there is room"
        )
    if signs.store_why:
        found[Trouble.STORE_AWAY] = f"the store cannot be written: {signs.store_why}"
    elif signs.store_took > SLOW_STORE:
        found[Trouble.STORE_SLOW] = f"one small write takes {signs.store_took:.1f} s"
    if signs.prober_age is not None and signs.prober_age > 30:
        found[Trouble.PROBER] = f"nothing was heard of the prober for {signs.prober_age:.0f} s: nothing is looked at"
    for channel, why in signs.broken.items():
        found[f"{Trouble.CHANNEL}:{channel}"] = f"the channel {channel} takes nothing: {why}"
    for channel, age in signs.waiting.items():
        if age > LONG_WAIT and not signs.unheard:  # that no channel took it says more
            found.setdefault(f"{Trouble.CHANNEL}:{channel}", f"messages to staff by {channel} have waited for {age:.0f} s")
    if abs(signs.jumped) > JUMP:
        way = "forwards" if signs.jumped > 0 else "backwards"
        found[Trouble.CLOCK_JUMP] = f"this machine's clock was set {way} by {abs(signs.jumped):.0f} s"
    if signs.audit:
        found[Trouble.AUDIT] = "the self-audit fails: " + "; ".join(signs.audit)
    if signs.unheard:
        found[Trouble.UNHEARD] = f"no channel of staff has taken the word of {_few(signs.unheard)}: tell them yourself"
    if signs.aside:
        found[Trouble.ASIDE] = f"set aside, because it breaks Sentinel: {_few(signs.aside)}"
    for hook, why in signs.full.items():
        found[f"{Trouble.ASIDE}:{hook}"] = f"the hook {hook}: {why}, see `sentinel failures`"
    found |= {f"{Trouble.WARNING}:{which}": words for which, words in signs.warnings.items()}
    if signs.returns:
        found[Trouble.RETURNS] = f"what cannot be delivered by mail does not come back to us: {signs.returns}"
    return found


def short(name: str, most: int) -> str:
    """A trouble's name in at most so many letters; what is cut of a long one is told apart by its sum."""
    return name if len(name) <= most else f"{name[: most - 9]}~{crc32(name.encode()):08x}"


def unsure(held: Mapping[str, "Held"], signs: Signs) -> dict[str, str]:
    """Name → detail of those held of which nobody can say now whether they are over: they go on until somebody can."""
    names = (f"{Trouble.AGENT}:{agent}" for agent, silence in signs.agents.items() if silence is None)
    return {name: held[name].detail for name in names if name in held}


def _sight(signs: Signs) -> dict[str, str]:
    by = signs.sight
    if by.canaries and (signs.canaries_age is None or signs.canaries_age > 60):
        return {Trouble.CANARIES_SILENT: "no canary was looked at for a minute: nobody knows whether this place can see"}
    return _blind(signs.place, by)


def _blind(place: str, by: Sight) -> dict[str, str]:
    if not by.is_blind:
        return {}
    reasons = "; ".join(sorted({one.reason for one in by.failing if one.reason}))
    why = f"{len(by.failing)} of {by.canaries} canaries fail ({reasons}): what is seen from {place} counts as unknown meanwhile"
    is_resolver = all("resolver" in one.reason for one in by.failing)
    return {f"{Trouble.RESOLVER if is_resolver else Trouble.PLACE_BLIND}:{place}": why}


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _mega(count: int) -> str:
    return f"{count / 1e6:.0f} MB"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One trouble as it is remembered. `since_at` is the clock's, for people; the others are monotonic seconds.

    `came`: when it was first present. `left`: since when it is absent, None while it is present. `told`: staff have heard.
    """

    name: str
    detail: str
    since_at: datetime
    came: float
    left: float | None = None
    raised: bool = False
    told: bool = False

    @property
    def kind(self) -> Trouble:
        return Trouble(self.name.partition(":")[0])


def advance(
    held: Mapping[str, Held],
    found: Mapping[str, str],
    now_at: datetime,
    now: float,
    patience: Mapping[Trouble, tuple[float, float]] = PATIENCE,
) -> dict[str, Held]:
    """What is remembered after one more look; a trouble that is over, or passed before it was raised, is gone from it."""
    after: dict[str, Held] = {}
    for name, detail in found.items():
        known = held.get(name) or Held(name=name, detail=detail, since_at=now_at, came=now)
        raised = known.raised or now - known.came >= patience[known.kind][0]
        after[name] = replace(known, detail=detail, left=None, raised=raised)
    for name, known in held.items():
        if name in found:
            continue
        left = now if known.left is None else known.left
        if known.raised and now - left < patience[known.kind][1]:
            after[name] = replace(known, left=left)
    return after
