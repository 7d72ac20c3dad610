"""A thousand seeded rounds of our own faults, a lying place, a minority: no customer notice is ever due (P8). And a control.

Pure: simulated samples through canaries, detectors, incidents and what is due of them. No store, no network, no clock.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import pytest

from sentinel.detect import place
from sentinel.detect.kind import outage
from sentinel.detect.place import Canary
from sentinel.detect.watch import Fitted, watch
from sentinel.incident.decide import decide
from sentinel.incident.fold import extend
from sentinel.model.incident import MACHINE, Entry, Incident, IncidentPolicy
from sentinel.model.notice import NoticePolicy, Quoted, Towards
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.service import Impact
from sentinel.model.signal import Hysteresis, Signal
from sentinel.notify.due import Record, due
from tests.incident.world import CHECKS, NOON, SERVICES, STATEMENTS

DOWN, UP, UNKNOWN = Verdict.DOWN, Verdict.UP, Verdict.UNKNOWN
SECOND = timedelta(seconds=1)
FITTED = (Fitted(kind="outage", detector=outage, options=outage.Options()),)
WATCHED = ("payments.card-form", "documents.fetch", "quoting.form")
CUSTOMERS = {name: replace(one, audience="all") for name, one in SERVICES.items()}
ROUNDS = 1000
FAULTS = ("uplink", "resolver", "disk", "slow database", "clock", "restart", "lying place", "minority")


@dataclass(slots=True)
class Place:
    """One place: its canaries and what its detectors remember."""

    name: str
    canaries: dict[str, Canary] = field(default_factory=lambda: {name: Canary(name=name) for name in "abc"})
    held: dict[str, dict[str, Hysteresis]] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """What a hub keeps, in memory, and the true state of things outside."""

    places: list[Place]
    now: datetime = NOON
    signals: dict[str, Signal] = field(default_factory=dict)
    timelines: dict[int, list[Entry]] = field(default_factory=dict)
    folded: dict[int, Incident] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    customers_told: int = 0

    def canary(self, at: Place, name: str, verdict: Verdict) -> None:
        one, before = at.canaries[name], self.sight(at).is_blind
        seen = self._sample(at, f"canary/{name}", verdict)
        at.canaries[name] = replace(one, held=place.step(one.held, seen), seen_at=self.now)
        if self.sight(at).is_blind is not before:
            at.held = {check: {kind: place.forgotten(h) for kind, h in all_.items()} for check, all_ in at.held.items()}

    def sight(self, at: Place) -> place.Sight:
        return place.sight(tuple(at.canaries.values()))

    def target(self, at: Place, check: str, verdict: Verdict) -> None:
        by = self.sight(at)
        seen = place.judged(self._sample(at, check, verdict), by)
        held = at.held.setdefault(check, {})
        watched = place.believed(held, watch(CHECKS[check], held, seen, self.now, FITTED, self.signals), by)
        held |= watched.held
        self.signals |= {one.id: one for one in watched.signals}
        (self.unknown.add if seen.verdict is UNKNOWN else self.unknown.discard)(check)

    def _sample(self, at: Place, check: str, verdict: Verdict) -> Observation:
        return Observation(check=check, place=at.name, at=self.now, sample=SampleKind.SCHEDULED, verdict=verdict)

    def settle(self) -> None:
        watching = {check: frozenset(one.name for one in self.places if not self.sight(one).is_blind) for check in WATCHED}
        moves = decide(
            self.now,
            services=CUSTOMERS,
            checks=CHECKS,
            statements=STATEMENTS,
            policy=IncidentPolicy(),
            incidents=tuple(self.folded.values()),
            signals=tuple(self.signals.values()),
            told_of_end=(),
            unknown=self.unknown,
            places=watching,
        )
        for move in moves:
            number = move.incident or len(self.timelines) + 1
            for said in move.said:
                before = self.folded.get(number)
                entry = Entry(
                    incident=number, seq=before.last_seq + 1 if before else 1, at=self.now, who=MACHINE, said=said, why=move.why
                )
                self.folded[number] = extend(before, entry)
                self.timelines.setdefault(number, []).append(entry)
        self.customers_told += sum(self._due(number) for number in self.folded)

    def _due(self, number: int) -> int:
        incident = self.folded[number]
        felt = [STATEMENTS[one.statement] for one in incident.felt if one.statement in STATEMENTS]
        quoted = Quoted(
            services=tuple(one.service for one in felt),
            statements=tuple(one.id for one in felt),
            impact=Impact.MAJOR_OUTAGE,
        )
        found = due(
            incident,
            self.timelines[number],
            Record(),
            services=[CUSTOMERS[one.service] for one in felt],
            quoted_now=quoted if felt else None,
            policy=NoticePolicy(),
            now=self.now,
        )
        return sum(one.towards is Towards.CUSTOMERS for one in found)


def play(world: World, dice: Random, steps: int, seen: dict[str, Verdict], canaries: Verdict, liar: int | None = None) -> None:
    """So many steps of 2 to 8 seconds: every target and, a little later or before, every canary, in any order."""
    for _ in range(steps):
        world.now += dice.uniform(2, 8) * SECOND
        for number, at in enumerate(world.places):
            lies = liar is not None and number == liar
            acts = [(False, check, DOWN if lies else seen.get(check, UP)) for check in WATCHED]
            acts += [(True, name, canaries) for name in at.canaries]
            dice.shuffle(acts)
            for is_canary, name, verdict in acts:
                (world.canary if is_canary else world.target)(at, name, verdict)
        world.settle()


def all_down() -> dict[str, Verdict]:
    return dict.fromkeys(WATCHED, DOWN)


def own_fault(fault: str, dice: Random) -> World:
    """A quiet while, one of our own faults, a quiet while."""
    several = fault in ("lying place", "minority")
    world = World(places=[Place(name=name) for name in (("hub", "north", "south") if several else ("hub",))])
    play(world, dice, 6, {}, UP)
    length = dice.randint(2, 25)
    match fault:
        case "uplink":
            play(world, dice, length, all_down(), DOWN)
        case "resolver":
            play(world, dice, length, dict.fromkeys(WATCHED, UNKNOWN), UNKNOWN)
        case "disk" | "slow database":
            world.now += dice.uniform(10, 600) * SECOND  # no round was played; samples were spooled, and dropped
        case "clock":
            world.now += dice.choice((-3600, 3600, 86400, -60)) * SECOND
        case "restart":
            world.now += dice.uniform(60, 7200) * SECOND
            for at in world.places:
                at.canaries = dict(at.canaries)
        case "lying place":
            play(world, dice, length, {}, UP, liar=dice.randrange(3))
        case "minority":
            world.places[0].canaries["a"] = replace(world.places[0].canaries["a"])
            play(world, dice, length, {}, UP, liar=0)
    play(world, dice, 8, {}, UP)
    return world


def test_a_thousand_rounds_of_our_own_faults_tell_no_customer_anything() -> None:
    told: dict[str, int] = {}
    for seed in range(ROUNDS):
        dice = Random(seed)
        fault = FAULTS[seed % len(FAULTS)]
        told[fault] = told.get(fault, 0) + own_fault(fault, dice).customers_told
    assert told == dict.fromkeys(FAULTS, 0)


@pytest.mark.parametrize("places", [("hub",), ("hub", "north", "south")], ids=["one place", "three places"])
def test_a_real_outage_tells_customers(places: tuple[str, ...]) -> None:
    """The control."""
    for seed in range(20):
        dice = Random(seed)
        world = World(places=[Place(name=name) for name in places])
        play(world, dice, 6, {}, UP)
        play(world, dice, 12, {"payments.card-form": DOWN}, UP)
        assert world.customers_told > 0, seed


def test_a_real_outage_that_a_blind_place_cannot_see_is_told_by_the_others() -> None:
    world = World(places=[Place(name=name) for name in ("hub", "north", "south")])
    dice = Random(7)
    play(world, dice, 6, {}, UP)
    for _ in range(12):
        world.now += 5 * SECOND
        for at in world.places:
            for name in at.canaries:
                world.canary(at, name, DOWN if at.name == "hub" else UP)
            world.target(at, "payments.card-form", DOWN)
        world.settle()
    assert world.customers_told > 0
