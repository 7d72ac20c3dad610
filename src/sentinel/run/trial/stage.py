"""Stage: a store of no past, on which tests are played one after the other, each in a transaction that is undone at its end.

What a hub does with its prober's batches happens here with a test's: the same intake, detectors, rounds, words. Only nobody
sends, and no audience is read. Belongs here: time, samples, rounds. Does not belong here: what is looked for (judge.py).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection, Engine, select

from sentinel.model.check import Check
from sentinel.model.observation import SampleKind, Verdict
from sentinel.model.trial import CANARIES, Expected, Series, Step, Trial
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Rules, Seen, judge, rules
from sentinel.probe.wire import Batch, Row
from sentinel.run import intake, placed, timeline
from sentinel.run.round import LINGER, settle
from sentinel.run.trial import found
from sentinel.run.trial.judge import Failure, failures
from sentinel.run.world import World
from sentinel.store import database, incidents, sqlite, tables

SOURCE: Final = "test"
ROUNDS: Final = timedelta(minutes=5)
"""Between rounds while nothing changes and no hold runs out. (A hub plays one every second.)"""
MOST_KEPT: Final = 200
"""Instants of a steady stretch that are taken in as one batch."""


@dataclass(frozen=True, slots=True)
class _Sampled:
    """One sample of one check at one place."""

    check: str
    place: str
    step: Step
    nth: int
    """Of its step, from 0."""


class _Instant(NamedTuple):
    at: datetime
    samples: list[_Sampled]


_Claim: TypeAlias = tuple[str, datetime | None]
"""A signal's id, and when it was cleared."""


@contextmanager
def stage(world: World) -> Iterator["Stage"]:
    """An empty stage for the tests of one installation. It leaves nothing behind."""
    with TemporaryDirectory(prefix="sentinel-test-") as folder:
        engine = sqlite.open_engine(Path(folder) / "stage.db")
        try:
            with engine.begin() as c:
                database.make(c)
            yield Stage(world, engine)
        finally:
            engine.dispose()


class Stage:
    """Made by `stage`."""

    def __init__(self, world: World, engine: Engine) -> None:
        self._world = world
        self._engine = engine
        self._rules: dict[str, Rules] = {}

    def run(self, trial: Trial) -> tuple[Failure, ...]:
        """What of a test is not as it expects; nothing where all is."""
        with self._engine.connect() as c, c.begin() as undone:
            try:
                return tuple(_Play(c, self._world, self._rules, trial).failures())
            finally:
                undone.rollback()


class _Play:
    """One test under way. Instants of a steady stretch, of which nothing can come, are kept and taken in together."""

    def __init__(self, c: Connection, world: World, rules: dict[str, Rules], trial: Trial) -> None:
        self._c = c
        self._world = world
        self._rules = rules
        self._trial = trial
        self._numbers = dict.fromkeys(world.places, 0)
        self._claims: frozenset[_Claim] = frozenset()
        self._due_at: datetime | None = None
        self._kept: list[_Instant] = []

    def failures(self) -> Iterator[Failure]:
        """What differs, instant by instant."""
        wanted: dict[datetime, list[Expected]] = {}
        for each in self._trial.expect:
            wanted.setdefault(each.at, []).append(each)
        seen = _by_instant(self._trial)
        for now in sorted({*seen, *wanted}):
            self._see(now, seen.get(now, []), is_asked=now in wanted)
            for each in wanted.get(now, ()):
                there = found.at(self._c, self._world, now)
                yield from failures(self._trial, each, there, self._world.installation.zone)
        yield from _broken(self._c, self._trial)

    def _see(self, now: datetime, samples: list[_Sampled], *, is_asked: bool) -> None:
        """One instant: its samples taken in, and a round where something may follow from them."""
        is_due = self._due_at is not None and now >= self._due_at
        self._kept.append(_Instant(now, samples))
        if self._is_steady(samples) and not is_asked and not is_due and len(self._kept) < MOST_KEPT:
            return
        self._flush()
        before, self._claims = self._claims, _claims(self._c)
        # While no claim was ever made, nothing can follow from what is seen, and a round would find nothing.
        if self._claims and (self._claims != before or is_asked or is_due):
            self._settle(now)

    def _is_steady(self, samples: list[_Sampled]) -> bool:
        """Whether all is well, as it was the sample before, with nothing that a detector could learn from; no claim stands."""
        own = self._world.installation.place
        return all(cleared is not None for _, cleared in self._claims) and all(
            one.place == own and one.nth and one.step.verdict is Verdict.UP and not one.step.facts for one in samples
        )

    def _flush(self) -> None:
        by_place: dict[str, list[_Instant]] = {}
        for instant in self._kept:
            for place, samples in _by_place(instant.samples).items():
                by_place.setdefault(place, []).append(_Instant(instant.at, samples))
        self._kept.clear()
        for place, instants in by_place.items():
            self._numbers[place] += 1
            self._take(place, instants)

    def _settle(self, now: datetime) -> None:
        """A round without what becomes of messages: here all that staff are told arrives, and nothing is sent to anybody."""
        placed.see_to(self._c, self._world, now)
        settle(self._c, self._world, now, touched=incidents.unfinished(self._c, now - LINGER), thorough=False)
        there = timeline.readable_ones(self._c, incidents.open_ids(self._c))
        holds = [one.hold_until for one in there if one.hold_until is not None and one.hold_until > now]
        self._due_at = min((now + ROUNDS, *holds)) if there else None

    def _take(self, place: str, instants: list[_Instant]) -> None:
        source = SOURCE if place == self._world.installation.place else f"{place}/{SOURCE}"
        now = instants[-1].at
        rows: list[Row] = []
        for at, samples in instants:
            mine = [row for one in samples for row in self._rows_of(one)]
            named = {row.check for row in mine}
            # While nothing else is written of them, canaries are well: nobody would otherwise be believed.
            mine += [_row(name, Verdict.UP, "", {}) for name in self._world.canaries_at(place) if name not in named]
            rows += [row._replace(age_ms=(now - at) // timedelta(milliseconds=1)) for row in mine]
        batch = Batch(source=source, number=self._numbers[place], rows=tuple(rows))
        intake.take(self._c, self._world, batch, now, place)

    def _rows_of(self, one: _Sampled) -> list[Row]:
        checks = self._world.canaries_at(one.place) if one.check == CANARIES else (one.check,)
        facts = dict(one.step.facts)
        for name, by in one.step.grows.items():
            before = facts[name]
            facts[name] = (before if isinstance(before, int | float) else 0) + by * one.nth
        return [_row(name, *self._judged(name, one.step, facts), facts) for name in checks]

    def _judged(self, name: str, step: Step, facts: Mapping[str, found.Fact]) -> tuple[Verdict, str]:
        """The verdict that is written, or the one that the check's own assertions come to."""
        if step.verdict is not None:
            bad = step.verdict is not Verdict.UP
            return step.verdict, step.reason or ("as the test says" if bad else "")
        known = self._rules.get(name) or self._rules.setdefault(name, _rules(self._world.installation.checks[name]))
        seen = Seen(facts=facts, body=step.body.encode(), headers=tuple(step.headers.items()))
        came = judge(seen, known)
        return came.verdict, came.reason


def _rules(check: Check) -> Rules:
    kind = import_module(f"sentinel.probe.kind.{check.kind}")
    up = Conditions.model_validate(check.up)
    assumed = getattr(kind, "assumed", None)
    blocks = (Conditions.model_validate(block) for block in (check.healthy, check.calm))
    return rules(assumed(up) if assumed is not None else up, *blocks)


def _row(check: str, verdict: Verdict, reason: str, facts: Mapping[str, found.Fact]) -> Row:
    return Row(sequence=0, age_ms=0, check=check, sample=SampleKind.SCHEDULED, facts=facts, verdict=verdict, reason=reason)


def _by_instant(trial: Trial) -> dict[datetime, list[_Sampled]]:
    found: dict[datetime, list[_Sampled]] = {}
    for series in trial.series:
        for at, one in _sampled(series, trial.start):
            found.setdefault(at, []).append(one)
    return found


def _sampled(series: Series, start: datetime) -> Iterator[tuple[datetime, _Sampled]]:
    at = start
    for step in series.steps:
        for nth in range(step.times):
            if not step.unseen:
                yield at, _Sampled(series.check, series.place, step, nth)
            at += series.every


def _by_place(samples: list[_Sampled]) -> dict[str, list[_Sampled]]:
    found: dict[str, list[_Sampled]] = {}
    for one in samples:
        found.setdefault(one.place, []).append(one)
    return found


def _claims(c: Connection) -> frozenset[_Claim]:
    """The signals that there ever were, and whether they stand."""
    t = tables.signal.c
    return frozenset((row.id, row.cleared_at) for row in c.execute(select(t.id, t.cleared_at)))


def _broken(c: Connection, trial: Trial) -> Iterator[Failure]:
    """What a hub would have set aside because it broke: no test passes over that."""
    for why in c.execute(select(tables.quarantine.c.why).limit(5)).scalars():
        yield Failure(line=trial.line, key="", at=None, after=None, wanted=("nothing breaks",), got=(str(why),))
