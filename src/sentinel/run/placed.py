"""Places beside the hub's own, round by round: which of them cannot be asked now, and what follows from it.

A place is *deaf* while it is blind (its canaries fail) or lost (none of its agents has reported for a while). It neither opens
nor closes anything: what it said last has no voice, its checks are shown as unknown, and where the other places see that a
check is well again, a claim that it made before holds the incident open no longer (F23).

Does not belong here: who reports (agents.py), what a place's canaries say (sight.py), quorum (incident/decide.py).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.incident.quorum import Quorum, bears_out
from sentinel.model.agent import Agent
from sentinel.model.incident import Incident
from sentinel.model.signal import Hysteresis, Signal
from sentinel.run import listening, sight
from sentinel.run.world import World
from sentinel.store import agents, watching
from sentinel.store.watching import Latest

LOST: Final = timedelta(seconds=30)
"""A place whose agents have all said nothing for so long is lost."""
WELL: Final = "up"


def lost(c: Connection, world: World, now: datetime) -> frozenset[str]:
    """The places of which nothing is heard; one that no agent was ever at is none of them. While no hub was there to hear, no
    place was silent, whoever plays the rounds."""
    if not world.installation.places:
        return frozenset()
    since = listening.since(c, now)
    if since is None:
        return frozenset()
    heard = agents.heard_of(c)
    return frozenset(name for name in world.installation.places if name in heard and now - max(heard[name], since) > LOST)


def silence(agent: Agent, since: datetime | None, now: datetime) -> timedelta | None:
    """For how long an agent has said nothing to a hub that listened, `since` when one does (listening.since). None where nobody
    can say: there was no hub to hear it, or not for as long as agents may be silent."""
    if since is None or agent.seen_at is None:
        return None
    if agent.seen_at >= since:
        return max(timedelta(0), now - agent.seen_at)
    return now - since if now - since > LOST else None


def deaf(c: Connection, world: World, now: datetime) -> frozenset[str]:
    """The places that have no voice now."""
    return lost(c, world, now) | sight.blind(c, world)


def quorum(c: Connection, world: World, signals: Sequence[Signal], deaf: Collection[str], now: datetime) -> Quorum:
    """What the places that look and can see make of these signals."""
    checks = world.installation.checks
    return Quorum(
        signals=signals,
        places=sight.looking(watching.looks(c, {one.check for one in signals}), checks, now, deaf),
        asked={one.check: len(world.places_of(checks[one.check])) for one in signals if one.check in checks},
        own=world.installation.place,
    )


def is_borne_out(c: Connection, world: World, incident: Incident, now: datetime) -> bool:
    """Whether a person, enough places or a second check stand behind an incident now."""
    return bears_out(incident, quorum(c, world, watching.signals_since(c, now), deaf(c, world, now), now))


def unsure(c: Connection, world: World, none_of: Collection[str], shown: Collection[str], now: datetime) -> set[str]:
    """The checks that hold every recovery: nobody can see them, or one who can finds something that is `shown` so. `none_of`:
    the places that are deaf."""
    checks = world.installation.checks
    unseen = {name for name, check in checks.items() if all(each in none_of for each in world.places_of(check))}
    found = watching.not_good(c, shown)
    if not world.installation.places or not found:
        return unseen | found
    latest = watching.looks(c, found)
    seeing = sight.looking(latest, checks, now, none_of)
    bad = {one.check for one in latest if one.shown in shown and one.place in seeing.get(one.check, ())}
    return unseen | {name for name in found if name in bad or not seeing.get(name)}


def see_to(c: Connection, world: World, now: datetime) -> None:
    """What lost places said is no longer so; what deaf ones claim ends where others see that it is well."""
    if not world.installation.places:
        return
    gone = lost(c, world, now)
    for name in gone:
        if watching.go_grey(c, name, now, f"nothing is heard of the place {name}"):
            sight.forget_runs(c, world, name)
    silent = gone | sight.blind(c, world)
    if silent:
        _let_go(c, world, silent, now)


def _let_go(c: Connection, world: World, silent: Collection[str], now: datetime) -> None:
    """End the signals of silent places on checks that everybody else sees well, where these are enough to say so."""
    standing = watching.standing_at(c, silent)
    if not standing:
        return
    latest = watching.looks(c, {one.check for one in standing})
    seeing = sight.looking(latest, world.installation.checks, now, silent)
    others: dict[str, list[Latest]] = {}
    for one in latest:
        if one.place in seeing.get(one.check, ()):
            others.setdefault(one.check, []).append(one)
    for signal in standing:
        theirs = others.get(signal.check, [])
        if not theirs or not _are_enough(world, signal.check, seeing[signal.check]) or any(one.shown != WELL for one in theirs):
            continue
        good_since = max(signal.since, *(one.shown_since for one in theirs))
        watching.keep_signals(c, [replace(signal, cleared_at=now, good_since=good_since)])
        watching.keep_hysteresis(c, signal.check, signal.place, {signal.detector: Hysteresis()})


def _are_enough(world: World, check: str, sees: Collection[str]) -> bool:
    """Whether those who see a check may say that it is well: most of the places that are asked; of two, the hub's own alone."""
    asked = world.places_of(world.installation.checks[check])
    return 2 * len(sees) > len(asked) or (len(asked) == 2 and world.installation.place in sees)
